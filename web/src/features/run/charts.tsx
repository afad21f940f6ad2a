/** Charts of one run: its metrics, or those of its machine. */
import { useMemo, useState } from "react";
import { useKeys } from "@/api/needs";
import type { RunDetail } from "@/api/types";
import { sections, systemCharts } from "@/lib/panels";
import { LinePanel } from "@/panels/line";
import { MediaPanel } from "@/panels/media";
import { Empty, Failure, Skeleton } from "@/ui/parts";

interface Props {
  entity: string;
  project: string;
  run: RunDetail;
  stream: "history" | "system";
}

/** The grid of panels. */
export function RunCharts({ entity, project, run, stream }: Props) {
  const keys = useKeys(entity, project, [run.id], stream);
  const [smoothing, setSmoothing] = useState(0);
  const runs = useMemo(() => [run], [run]);
  const groups = useMemo(() => {
    const all = keys.data?.keys ?? [];
    if (stream === "system") return [{ name: "System", open: true, charts: systemCharts(all) }];
    return sections(all);
  }, [keys.data, stream]);
  const media = (keys.data?.keys ?? []).filter((key) => key.kinds.some((kind) => kind === "media" || kind === "table"));
  if (keys.error !== null) return <div className="inner"><Failure error={keys.error} /></div>;
  if (keys.data === undefined) return <Skeleton rows={8} />;
  if (groups.every((group) => group.charts.length === 0) && media.length === 0) {
    return (
      <Empty title={stream === "system" ? "No system metric" : "This run has logged no number"}>
        <p>{stream === "system" ? "The client sends processor, memory and GPU figures every few seconds, unless it was told not to." : <>Charts appear with the first <code>run.log(&#123;"loss": 0.5&#125;)</code>.</>}</p>
      </Empty>
    );
  }
  return (
    <>
      {stream === "history" && (
        <div className="row run-tools">
          <label className="row"><span className="muted">Smooth</span><input type="range" min={0} max={0.99} step={0.01} value={smoothing} aria-label="Smoothing" onChange={(event) => setSmoothing(Number(event.target.value))} /><span style={{ width: 32 }}>{smoothing.toFixed(2)}</span></label>
        </div>
      )}
      {media.length > 0 && stream === "history" && (
        <section className="section">
          <h2 className="section-title">Media and tables</h2>
          <div className="panels">{media.map((key) => <MediaPanel key={key.name} entity={entity} project={project} run={run} name={key.name} />)}</div>
        </section>
      )}
      {groups.map((group) => (
        <section key={group.name} className="section">
          <h2 className="section-title">{group.name} <span className="tag">{group.charts.length}</span></h2>
          <div className="panels">
            {group.charts.map((chart) => (
              <LinePanel key={chart.title} entity={entity} project={project} title={chart.title} keys={chart.keys} runs={runs} x={chart.x} stream={stream} smoothing={smoothing} logY={false} />
            ))}
          </div>
        </section>
      ))}
    </>
  );
}
