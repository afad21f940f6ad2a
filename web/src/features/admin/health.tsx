/** Disk, database and failed work. */
import { type Health as Found, isLow, useHealth } from "@/api/admin";
import { bytes, count } from "@/lib/format";
import { Failure, Skeleton } from "@/ui/parts";

/** The card. */
export function Health() {
  const found = useHealth();
  return (
    <section className="card part" aria-labelledby="health-title">
      <h2 id="health-title">Health</h2>
      {found.error !== null ? <Failure error={found.error} /> : found.data === undefined ? <Skeleton rows={3} height={14} /> : <Facts health={found.data} />}
    </section>
  );
}

function Facts({ health }: { health: Found }) {
  return (
    <>
      <Disk health={health} />
      {health.failed_jobs > 0 && <p className="warning">{count(health.failed_jobs, "piece")} of background work failed the last time. Why is said below; each is tried again.</p>}
      <dl className="facts">
        <dt>Version</dt><dd>{health.version}</dd>
        <dt>Database</dt><dd>{health.database}, {bytes(health.database_bytes)}</dd>
        <dt>Files</dt><dd>in {health.blobs}</dd>
        <dt>Failed work</dt><dd>{health.failed_jobs === 0 ? "none" : health.failed_jobs}</dd>
      </dl>
    </>
  );
}

function Disk({ health }: { health: Found }) {
  const { disk_free_bytes: free, disk_total_bytes: total } = health;
  if (free === null || total === null || total === 0) return null;
  const used = 1 - free / total;
  return (
    <div className="disk">
      <div className="row"><b>Disk</b><span className="grow" /><span className="muted">{bytes(free)} free of {bytes(total)}</span></div>
      <div className="disk-bar" role="img" aria-label={`${Math.round(used * 100)} % of the disk is in use`} data-low={isLow(health) || undefined}><i style={{ width: `${used * 100}%` }} /></div>
    </div>
  );
}
