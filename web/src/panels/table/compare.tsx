/** The same table of other runs or versions, to look at together. */
import { Link } from "@tanstack/react-router";
import { GitCompareArrows } from "lucide-react";
import { Popover } from "radix-ui";
import { useState } from "react";
import { useRuns, useVersion } from "@/api/needs";
import { runColour } from "@/lib/colour";
import { sourceName, type TableSource } from "@/lib/tables";
import { useTheme } from "@/lib/theme";
import { Ago, Failure, RunState, Skeleton } from "@/ui/parts";
import { isTable } from "./found";

interface Props {
  entity: string;
  project: string;
  source: TableSource;
}

/** A button with a list. The older of the two comes first, so that "fixed" means fixed by the newer one. */
export function CompareMenu(props: Props) {
  const [open, setOpen] = useState(false);
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger className="button"><GitCompareArrows size={14} />Compare</Popover.Trigger>
      <Popover.Portal>
        <Popover.Content className="card pop" align="end" sideOffset={4}>
          {props.source.kind === "run" ? <OtherRuns {...props} source={props.source} /> : <OtherVersions {...props} source={props.source} />}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function OtherRuns({ entity, project, source }: Props & { source: Extract<TableSource, { kind: "run" }> }) {
  const theme = useTheme((s) => s.theme);
  const runs = useRuns({ entity, project, limit: 500 });
  if (runs.error !== null) return <Failure error={runs.error} />;
  if (runs.data === undefined) return <Skeleton rows={3} height={14} />;
  const holders = runs.data.runs.filter((run) => isTable(run.summary[source.key]));
  const others = holders.filter((run) => run.run_id !== source.run);
  const age = new Map(holders.map((run) => [run.run_id, run.created_at]));
  const pair = (other: string) => [source.run, other].sort((a, b) => (age.get(a) ?? "").localeCompare(age.get(b) ?? "")).map((run) => sourceName({ ...source, run }));
  return (
    <>
      <h3>{source.key} of another run</h3>
      {others.length === 0 ? <p className="muted">No other run has logged {source.key}.</p> : (
        <div className="pop-list">
          {others.map((run) => (
            <Link key={run.id} className="pop-item" to="/$entity/$project/tables" params={{ entity, project }} search={{ t: pair(run.run_id) }}>
              <i className="dot" style={{ background: runColour(run.ordinal, theme) }} /><span className="ellipsis grow">{run.name}</span>{run.tags.slice(0, 1).map((tag) => <span key={tag} className="tag">{tag}</span>)}<RunState state={run.state} /><span className="muted"><Ago at={run.created_at} /></span>
            </Link>
          ))}
        </div>
      )}
    </>
  );
}

function OtherVersions({ entity, project, source }: Props & { source: Extract<TableSource, { kind: "version" }> }) {
  const found = useVersion(entity, project, source.collection, source.version);
  if (found.error !== null) return <Failure error={found.error} />;
  if (found.data === undefined) return <Skeleton rows={3} height={14} />;
  const others = found.data.history.filter((one) => one.version !== found.data.version);
  const place = (version: string) => Number(version.slice(1));
  return (
    <>
      <h3>{source.path} of another version</h3>
      {others.length === 0 ? <p className="muted">{source.collection} has only this version.</p> : (
        <div className="pop-list">
          {others.map((one) => (
            <Link key={one.version} className="pop-item" to="/$entity/$project/tables" params={{ entity, project }} search={{ t: [found.data.version, one.version].sort((a, b) => place(a) - place(b)).map((version) => sourceName({ ...source, version })) }}>
              <b>{one.version}</b><span className="grow muted ellipsis">{one.aliases.join(", ")}</span><span className="muted"><Ago at={one.created_at} /></span>
            </Link>
          ))}
        </div>
      )}
    </>
  );
}
