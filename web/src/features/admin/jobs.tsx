/** Background work that waits, is being done, or failed. */
import { type Job, useJobs } from "@/api/admin";
import { count, moment } from "@/lib/format";
import { Failure, Skeleton } from "@/ui/parts";

const says: Record<string, string> = {
  seal: "Write a run's history as columns",
  "seal-quiet": "Look for runs whose history can be written as columns",
  "lost-runs": "Look for runs that are no longer heard of",
  collect: "Free what nothing refers to",
  adopt: "Look for files that no record knows",
};

/** Of more pieces of one kind that only wait, one line tells. */
const MOST_ALIKE = 3;

const waits = (job: Job) => !job.running && job.last_error === null;

/** Those that are told one by one, and those of many alike together, each where its first one stands. */
function told(jobs: Job[]): Job[][] {
  return jobs.flatMap((job): Job[][] => {
    const same = waits(job) ? jobs.filter((one) => waits(one) && one.kind === job.kind) : [];
    if (same.length <= MOST_ALIKE) return [[job]];
    return same[0] === job ? [same] : [];
  });
}

/** The card. */
export function Jobs() {
  const found = useJobs();
  return (
    <section className="card part" aria-labelledby="jobs-title">
      <header className="row"><h2 id="jobs-title">Background work</h2>{found.data !== undefined && <span className="tag">{found.data.jobs.length}</span>}</header>
      {found.error !== null ? <Failure error={found.error} /> : found.data === undefined ? <Skeleton rows={3} height={16} /> : found.data.jobs.length === 0 ? <p className="muted">Nothing waits.</p> : (
        <div className="table-scroll">
          <table className="table">
            <thead><tr><th>Work</th><th>Of</th><th>State</th><th>Due</th><th className="num">Attempts</th></tr></thead>
            <tbody>{told(found.data.jobs).map(([one, ...same], i) => one !== undefined && <Line key={`${one.kind} ${one.subject} ${i}`} job={one} same={same.length} />)}</tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Line({ job, same }: { job: Job; same: number }) {
  const failed = job.last_error !== null;
  return (
    <>
      <tr>
        <td>{says[job.kind] ?? job.kind} <code className="muted">{job.kind}</code></td><td>{same > 0 ? count(same + 1, "piece") : job.subject || "–"}</td>
        <td><span className="state" data-state={job.running ? "running" : failed ? "failed" : "pending"}><i aria-hidden="true" />{job.running ? "running" : failed ? "failed, tried again" : same > 0 ? "wait" : "waits"}</span></td>
        <td className="muted"><time dateTime={job.due_at}>{same > 0 && "from "}{moment(job.due_at)}</time></td><td className="num">{job.attempts}</td>
      </tr>
      {failed && <tr className="job-error"><td colSpan={5}>{job.last_error}</td></tr>}
    </>
  );
}
