/** One's teams: members with their roles, colleagues to add or invite. */
import { UserPlus } from "lucide-react";
import { useState } from "react";
import { useSession } from "@/api/needs";
import { type TeamDetail, type TeamMember, type TeamRole, useInvite, useMakeTeam, useRemoveMember, useSetRole, useTeams } from "@/api/teams";
import { count } from "@/lib/format";
import { toast, toastError } from "@/lib/toasts";
import { RoleSelect } from "@/panels/role_select";
import { Confirm } from "@/ui/confirm";
import { Dialog } from "@/ui/dialog";
import { Code, Failure, Skeleton } from "@/ui/parts";
import "./settings.css";

/** All of them. `self` is the viewer's user name. */
export function Teams({ self }: { self: string }) {
  const found = useTeams();
  const session = useSession().data;
  const mayMake = session?.admin === true || session?.entities.some((one) => one.kind === "organization" && one.role === "admin") === true;
  if (found.error !== null) return <Failure error={found.error} />;
  if (found.data === undefined) return <Skeleton />;
  return (
    <>
      {found.data.teams.length === 0 && <p className="muted">You are in no team. A team owns projects that several people log to: {mayMake ? "make one here, or " : ""}ask a colleague to add {self} to theirs.</p>}
      {found.data.teams.map((one) => <Team key={one.name} team={one} self={self} />)}
      {mayMake && <NewTeam />}
    </>
  );
}

function NewTeam() {
  const make = useMakeTeam();
  const [name, setName] = useState("");
  return (
    <section className="card part" aria-labelledby="new-team-title">
      <h2 id="new-team-title">New team</h2>
      <form className="row wrap" onSubmit={(event) => { event.preventDefault(); make.mutate(name.trim(), { onSuccess: (team) => { setName(""); toast(`The team ${team.name} is made; you administer it.`); } }); }}>
        <input className="field grow" aria-label="Name of the new team" placeholder="Name, as it stands in addresses: vision-lab" value={name} onChange={(event) => setName(event.target.value)} />
        <button type="submit" className="button" disabled={name.trim() === "" || make.isPending}>Create team</button>
      </form>
      {make.error !== null && <Failure error={make.error} />}
    </section>
  );
}

function Team({ team, self }: { team: TeamDetail; self: string }) {
  const change = useSetRole(team.name);
  const out = useRemoveMember(team.name);
  const [leaving, setLeaving] = useState<TeamMember | null>(null);
  const setRole = (username: string, role: TeamRole) => change.mutate({ username, role }, { onSuccess: () => toast(`${username} is ${role} of ${team.name} now.`), onError: toastError });
  return (
    <section className="card part team" aria-label={`Team ${team.name}`}>
      <header className="row wrap"><h2>{team.name}</h2>{team.organization !== null && <span className="muted">{team.organization}</span>}<span className="tag">{count(team.members.length, "member")}</span><span className="grow" />{team.role !== null && <span className="muted">You: {team.role}</span>}</header>
      {team.members.length > 0 && (
        <div className="table-scroll">
          <table className="table">
            <thead><tr><th>Person</th><th>E-mail</th><th>Role</th>{team.may_manage && <th><span className="hidden">Actions</span></th>}</tr></thead>
            <tbody>
              {team.members.map((one) => (
                <tr key={one.username}>
                  <td><b>{one.username}</b>{one.name !== "" && one.name !== one.username && <span className="muted"> {one.name}</span>}{one.service && <span className="tag">service account</span>}</td>
                  <td className="muted">{one.email ?? "–"}</td>
                  <td>{team.may_manage ? <RoleSelect label={`Role of ${one.username} in ${team.name}`} role={one.role} disabled={change.isPending} onChange={(role) => setRole(one.username, role)} /> : one.role}</td>
                  {team.may_manage && <td className="num"><button type="button" className="button quiet" aria-label={one.username === self ? `Leave ${team.name}` : `Remove ${one.username} from ${team.name}`} onClick={() => { out.reset(); setLeaving(one); }}>{one.username === self ? "Leave" : "Remove"}</button></td>}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {team.may_manage && <AddMember team={team} />}
      {leaving !== null && (
        <Confirm
          title={leaving.username === self ? `Leave ${team.name}?` : `Remove ${leaving.username} from ${team.name}?`}
          about={`${leaving.username === self ? "You lose" : `${leaving.username} loses`} access to the team's projects. The runs stay.`}
          verb={leaving.username === self ? "Leave" : "Remove"} pending={out.isPending} error={out.error} onClose={() => setLeaving(null)}
          onDo={() => out.mutate(leaving.username, { onSuccess: () => { const { username, role } = leaving; setLeaving(null); toast(`${username} is no longer in ${team.name}.`, username === self ? {} : { undo: () => change.mutateAsync({ username, role }) }); } })}
        />
      )}
    </section>
  );
}

function AddMember({ team }: { team: TeamDetail }) {
  const add = useSetRole(team.name);
  const [name, setName] = useState("");
  const [role, setRole] = useState<TeamRole>("member");
  const [inviting, setInviting] = useState(false);
  return (
    <>
      <form className="row wrap" onSubmit={(event) => { event.preventDefault(); add.mutate({ username: name.trim(), role }, { onSuccess: () => { toast(`${name.trim()} is in ${team.name} now.`); setName(""); } }); }}>
        <input className="field grow" aria-label={`User name to add to ${team.name}`} placeholder="User name of somebody with an account" value={name} onChange={(event) => setName(event.target.value)} />
        <RoleSelect label="Their role" role={role} onChange={setRole} />
        <button type="submit" className="button" disabled={name.trim() === "" || add.isPending}>Add</button>
        <button type="button" className="button" onClick={() => setInviting(true)}><UserPlus size={14} />Invite a colleague</button>
      </form>
      {add.error !== null && <Failure error={add.error} />}
      {inviting && <InviteDialog team={team} onClose={() => setInviting(false)} />}
    </>
  );
}

function InviteDialog({ team, onClose }: { team: TeamDetail; onClose: () => void }) {
  const invite = useInvite(team.name);
  const [username, setUsername] = useState("");
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<TeamRole>("member");
  if (invite.data !== undefined) {
    return (
      <Dialog title={`Send this link to ${invite.data.username}`} about="It works once, for a week, and is shown only now. It opens a page where they set their name and a password." open onClose={onClose}>
        <div className="once"><Code text={invite.data.link} label="Copy link" /></div>
        <div className="row"><span className="grow" /><button type="button" className="button primary" onClick={onClose}>Done</button></div>
      </Dialog>
    );
  }
  return (
    <Dialog title={`Invite a colleague to ${team.name}`} about="For somebody who has no account here yet. You get a link to send to them; this server sends no mail." open onClose={onClose}>
      <form className="link-form" onSubmit={(event) => { event.preventDefault(); invite.mutate({ username: username.trim(), email: email.trim() || null, role }); }}>
        <label>User name<input className="field" required value={username} onChange={(event) => setUsername(event.target.value)} /></label>
        <label>E-mail (may be left out)<input className="field" type="email" value={email} onChange={(event) => setEmail(event.target.value)} /></label>
        <label>Role<RoleSelect label="Role" role={role} onChange={setRole} /></label>
        {invite.error !== null && <Failure error={invite.error} />}
        <div className="row"><span className="grow" /><button type="button" className="button" onClick={onClose}>Cancel</button><button type="submit" className="button primary" disabled={username.trim() === "" || invite.isPending}>Make the link</button></div>
      </form>
    </Dialog>
  );
}
