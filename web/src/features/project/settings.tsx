/** The project as its managers keep it: name, who sees it, members, retention, deletion, who changed what. */
import { useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useProject } from "@/api/needs";
import { useChangeProject, useMembers, useProjectChanges, useSetMember, type ProjectChange, type Visibility } from "@/api/project";
import type { ProjectLine } from "@/api/types";
import { value } from "@/lib/format";
import { toast, toastError } from "@/lib/toasts";
import { type Role, RoleSelect } from "@/panels/role_select";
import { visibilities, VisibilityChoice } from "@/panels/visibility";
import { Ago, Failure, Skeleton } from "@/ui/parts";
import { Deletion } from "./deletion";
import { RetentionRules } from "./retention";
import "./project.css";

/** The page. What a person may not change is shown and said. */
export function ProjectSettings() {
  const { entity, project } = useParams({ from: "/$entity/$project" });
  const found = useProject(entity, project);
  const members = useMembers(entity, project);
  if (found.error !== null && found.data === undefined) return <main id="main" className="page"><div className="inner"><Failure error={found.error} /></div></main>;
  if (found.data === undefined || members.isPending) return <main id="main" className="page"><Skeleton /></main>;
  const may = members.data?.may_manage === true;
  return (
    <main id="main" className="page" data-scroll>
      <div className="settings-page">
        <h1>Settings of {found.data.name}</h1>
        {!may && <p className="muted">You may look at these settings. Changing them takes an administrator of {entity} or of this project.</p>}
        <General key={found.data.name} line={found.data} may={may} />
        <Who line={found.data} may={may} />
        <Members entity={entity} project={project} may={may} />
        <RetentionRules entity={entity} project={project} />
        {may && <Deletion entity={entity} project={project} />}
        <Changes entity={entity} project={project} />
      </div>
    </main>
  );
}

function General({ line, may }: { line: ProjectLine; may: boolean }) {
  const change = useChangeProject(line.entity, line.name);
  const navigate = useNavigate();
  const [name, setName] = useState(line.name);
  const rename = () =>
    change.mutate({ name: name.trim() }, {
      onSuccess: (saved) => {
        toast(`The project is called ${saved.name} now.`);
        void navigate({ to: "/$entity/$project/settings", params: { entity: saved.entity, project: saved.name }, replace: true });
      },
    });
  return (
    <section className="card part" aria-labelledby="name-title">
      <h2 id="name-title">Name</h2>
      <form className="row wrap" onSubmit={(event) => { event.preventDefault(); rename(); }}>
        <input className="field grow" aria-label="Name of the project" value={name} disabled={!may} onChange={(event) => setName(event.target.value)} />
        <button type="submit" className="button" disabled={!may || name.trim() === "" || name.trim() === line.name || change.isPending}>Rename</button>
      </form>
      <p className="muted">The name stands in every address of the project. Scripts that log to <code>{line.entity}/{line.name}</code> need the new one.</p>
      {change.error !== null && <Failure error={change.error} />}
    </section>
  );
}

function Who({ line, may }: { line: ProjectLine; may: boolean }) {
  const change = useChangeProject(line.entity, line.name);
  const set = (visibility: Visibility) => {
    const before = line.visibility as Visibility;
    change.mutate({ visibility }, { onSuccess: () => toast(`${line.name} is ${visibilities.find((one) => one.value === visibility)?.label.toLowerCase() ?? visibility} now.`, { of: [`${line.entity}/${line.name}`], undo: () => change.mutateAsync({ visibility: before }) }) });
  };
  return (
    <section className="card part" aria-labelledby="visibility-title">
      <h2 id="visibility-title">Who sees it</h2>
      <VisibilityChoice value={(change.isPending ? change.variables.visibility : null) ?? line.visibility} disabled={!may || change.isPending} onChange={set} />
      {change.error !== null && <Failure error={change.error} />}
    </section>
  );
}

function Members({ entity, project, may }: { entity: string; project: string; may: boolean }) {
  const found = useMembers(entity, project);
  const change = useSetMember(entity, project);
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const set = (who: string, next: Role | null, said: string) => change.mutate({ name: who, role: next }, { onSuccess: () => { toast(said); if (who === name.trim()) setName(""); }, onError: who === name.trim() ? undefined : toastError });
  return (
    <section className="card part" aria-labelledby="members-title">
      <h2 id="members-title">Members</h2>
      {found.error !== null && <Failure error={found.error} />}
      {found.data !== undefined && (
        <div className="table-scroll">
          <table className="table">
            <thead><tr><th>Name</th><th>By</th><th>Role</th>{may && <th><span className="hidden">Actions</span></th>}</tr></thead>
            <tbody>
              {found.data.members.map((one) => (
                <tr key={`${one.kind} ${one.name} ${String(one.inherited)}`}>
                  <td><b>{one.name}</b>{one.kind === "team" && <span className="tag">team</span>}</td>
                  <td className="muted">{one.inherited ? `the owner ${entity}` : "this project"}</td>
                  <td>{may && !one.inherited ? <RoleSelect label={`Role of ${one.name}`} role={one.role as Role} disabled={change.isPending} onChange={(next) => set(one.name, next, `${one.name} is ${next} here now.`)} /> : one.role}</td>
                  {may && <td className="num">{!one.inherited && <button type="button" className="button quiet" aria-label={`Remove ${one.name}`} onClick={() => set(one.name, null, `${one.name} has no role of this project any more.`)}>Remove</button>}</td>}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {may && (
        <form className="row wrap" onSubmit={(event) => { event.preventDefault(); set(name.trim(), role, `${name.trim()} is a member of this project now.`); }}>
          <input className="field grow" aria-label="User or team to add" placeholder="User or team" value={name} onChange={(event) => setName(event.target.value)} />
          <RoleSelect label="Their role" role={role} onChange={setRole} />
          <button type="submit" className="button" disabled={name.trim() === "" || change.isPending}>Add</button>
        </form>
      )}
      {change.error !== null && <Failure error={change.error} />}
    </section>
  );
}

const FIRST = 15;
const MOST = 200;

function Changes({ entity, project }: { entity: string; project: string }) {
  const [limit, setLimit] = useState(FIRST);
  const found = useProjectChanges(entity, project, limit);
  const changes = found.data?.changes ?? [];
  return (
    <section className="card part" aria-labelledby="changes-title">
      <h2 id="changes-title">Who changed what</h2>
      {found.error !== null && <Failure error={found.error} />}
      {found.data !== undefined && changes.length === 0 && <p className="muted">Nothing was changed by hand yet.</p>}
      {changes.length > 0 && (
        <div className="table-scroll">
          <table className="table">
            <thead><tr><th>When</th><th>Who</th><th>What</th><th>About</th></tr></thead>
            <tbody>{changes.map((one, i) => <tr key={`${one.at} ${i}`}><td className="muted"><Ago at={one.at} /></td><td>{one.user ?? "the server"}</td><td>{done(one)}</td><td className="muted part-words">{about(one)}</td></tr>)}</tbody>
          </table>
        </div>
      )}
      {changes.length === limit && limit < MOST && <div className="row"><button type="button" className="button" onClick={() => setLimit(MOST)}>Show up to {MOST}</button></div>}
    </section>
  );
}

/** The record calls reports and workspaces views, and says by their type which it was. */
const kinds: Record<string, string> = { runs: "report", "runs/draft": "draft", "project-view": "workspace view" };

function done({ action, detail }: ProjectChange): string {
  return action.replace(/view$/, kinds[String(detail.type)] ?? "report").replaceAll("_", " ");
}

/** What it was called, then the rest. */
function about({ action, detail }: ProjectChange): string {
  const { name, ...rest } = detail;
  if (action.endsWith("_view")) delete rest.type;
  const said = Object.entries(rest).filter(([, one]) => one !== null && one !== "").map(([part, one]) => `${part.replaceAll("_", " ")} ${value(one)}`);
  return [...(typeof name === "string" ? [name] : []), ...said].join(", ");
}
