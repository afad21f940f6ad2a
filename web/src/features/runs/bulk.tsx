/** What is done with the chosen runs. */
import { Link } from "@tanstack/react-router";
import { ChartSpline, Group, Square, Tag, Trash2, X } from "lucide-react";
import { useState } from "react";
import { type RunsChange, useChangeRuns, useProject, useRestoreRuns } from "@/api/needs";
import { toast, toastError, withdraw } from "@/lib/toasts";

interface Props {
  entity: string;
  project: string;
  /** Their ids. */
  picked: ReadonlySet<string>;
  onClear: () => void;
}

const MOST_IN_CHARTS = 200;

/** A line above the table; whoever may not write gets no buttons that change. */
export function Bulk({ entity, project, picked, onClear }: Props) {
  const [word, setWord] = useState("");
  const edit = useChangeRuns(entity, project);
  const restore = useRestoreRuns(entity, project);
  const mayWrite = useProject(entity, project).data?.may_write === true;
  const runs = [...picked];
  const many = runs.length === 1 ? "1 run" : `${runs.length.toLocaleString("en-US")} runs`;
  const named = word.trim();
  const paths = runs.map((run) => `${entity}/${project}/runs/${run}`);
  const act = (change: Omit<RunsChange, "runs">, said: string, back?: Omit<RunsChange, "runs">) =>
    edit.mutate({ ...change, runs }, { onSuccess: () => toast(said, back === undefined ? {} : { of: paths, undo: () => edit.mutateAsync({ ...back, runs }) }), onError: toastError });
  const drop = () =>
    edit.mutate({ act: "delete", runs }, {
      onSuccess: (deleted) => {
        onClear();
        withdraw(paths);
        toast(`${many} deleted.`, { of: [`${entity}/${project}`], undo: () => restore.mutateAsync(deleted) });
      },
      onError: toastError,
    });
  return (
    <form
      className="bulk"
      aria-label="Chosen runs"
      onSubmit={(event) => {
        event.preventDefault();
        if (named !== "") act({ act: "tag", add: [named] }, `${many} tagged ${named}.`, { act: "tag", remove: [named] });
      }}
    >
      <b>{runs.length.toLocaleString("en-US")} chosen</b>
      {runs.length <= MOST_IN_CHARTS && <Link className="button" to="/$entity/$project" params={{ entity, project }} search={{ where: [{ field: "name", op: "matches", value: `^(${runs.map(escaped).join("|")})$` }] }}><ChartSpline size={14} />Show in charts</Link>}
      {mayWrite && (
        <>
          <input className="field" aria-label="Tag or group" placeholder="tag or group" value={word} onChange={(event) => setWord(event.target.value)} />
          <button type="submit" className="button" disabled={named === "" || edit.isPending}><Tag size={14} />Add tag</button>
          <button type="button" className="button" disabled={named === "" || edit.isPending} onClick={() => act({ act: "tag", remove: [named] }, `${many} lost the tag ${named}.`, { act: "tag", add: [named] })}>Remove tag</button>
          <button type="button" className="button" disabled={edit.isPending} title={named === "" ? "Without a name they leave their group" : undefined} onClick={() => act({ act: "group", group: named }, named === "" ? `${many} belong to no group now.` : `${many} belong to the group ${named} now.`)}><Group size={14} />Set group</button>
          <button type="button" className="button" disabled={edit.isPending} onClick={() => act({ act: "stop" }, "Those that are running were asked to stop.")}><Square size={13} />Stop</button>
          <button type="button" className="button" disabled={edit.isPending} onClick={drop}><Trash2 size={14} />Delete</button>
        </>
      )}
      <span className="grow" />
      <button type="button" className="button quiet" onClick={onClear}><X size={14} />None</button>
    </form>
  );
}

function escaped(id: string): string {
  return id.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
