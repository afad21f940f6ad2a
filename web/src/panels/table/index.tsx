/** A `wandb.Table` where it stands: on a run's page, among the files of a version. */
import { Link } from "@tanstack/react-router";
import { ExternalLink } from "lucide-react";
import { shareToken } from "@/api/client";
import type { Owner } from "@/api/needs";
import { sourceName, type TableSource, type TableState } from "@/lib/tables";
import { Failure, Skeleton } from "@/ui/parts";
import { Bench, useOwnState } from "./bench";
import { CompareMenu } from "./compare";
import { pythonAt } from "./python";
import { useGridTables } from "./source";

interface Props {
  owner: Owner;
  path: string;
  /** Where the table comes from, so that it can be compared and opened as a page with an address. */
  from?: { entity: string; project: string; source: TableSource };
  /** The view to begin with. */
  initial?: TableState;
}

/** The table with its bench; its view lasts as long as it is shown. */
export function TableView({ owner, path, from, initial = {} }: Props) {
  const [found] = useGridTables([{ owner, path }]);
  const [state, onState] = useOwnState(initial);
  if (found?.error != null) return <Failure error={found.error} />;
  if (found?.data === undefined) return <Skeleton rows={6} height={16} />;
  const name = from === undefined ? path : from.source.kind === "run" ? from.source.key : from.source.path;
  return (
    <Bench
      table={found.data}
      state={state}
      onState={onState}
      name={name.replace(/\W+/g, "_")}
      python={from === undefined ? undefined : pythonAt(from.entity, from.project, from.source, path)}
      extra={from !== undefined && shareToken() === null && (
        <>
          <CompareMenu {...from} />
          <Link to="/$entity/$project/tables" params={{ entity: from.entity, project: from.project }} search={{ t: [sourceName(from.source)], ...state }} className="button icon" aria-label="Open as a page" title="Open as a page with its own address"><ExternalLink size={14} /></Link>
        </>
      )}
    />
  );
}
