/** Everybody with an account. */
import { Link2, Trash2 } from "lucide-react";
import { useState } from "react";
import { type Person, usePeople, usePutPerson, useRemovePerson, useSignInLink } from "@/api/admin";
import { toast, toastError } from "@/lib/toasts";
import { Confirm } from "@/ui/confirm";
import { Dialog } from "@/ui/dialog";
import { Ago, Code, Failure, Skeleton } from "@/ui/parts";

const FILTER_FROM = 12;

/** The card. */
export function People({ self }: { self: string }) {
  const found = usePeople();
  const [linked, setLinked] = useState<string | null>(null);
  const [leaving, setLeaving] = useState<string | null>(null);
  const [query, setQuery] = useState("");
  const people = found.data?.people ?? [];
  const shown = people.filter((one) => `${one.username} ${one.name} ${one.email ?? ""}`.toLowerCase().includes(query.toLowerCase()));
  return (
    <section className="card part" aria-labelledby="people-title">
      <header className="row wrap"><h2 id="people-title">People</h2>{found.data !== undefined && <span className="tag">{people.length}</span>}<span className="grow" />{people.length >= FILTER_FROM && <input className="field" aria-label="Find people" placeholder="Find people" value={query} onChange={(event) => setQuery(event.target.value)} />}</header>
      {found.error !== null ? <Failure error={found.error} /> : found.data === undefined ? <Skeleton rows={4} height={16} /> : (
        <div className="table-scroll">
          <table className="table">
            <thead><tr><th>Person</th><th>E-mail</th><th>Signs in with</th><th>Since</th><th>Administrator</th><th><span className="hidden">Actions</span></th></tr></thead>
            <tbody>{shown.map((one) => <Line key={one.username} person={one} self={self} onLink={() => setLinked(one.username)} onRemove={() => setLeaving(one.username)} />)}</tbody>
          </table>
          {shown.length === 0 && <p className="muted">Nobody is called that.</p>}
        </div>
      )}
      <NewPerson onMade={setLinked} />
      {linked !== null && <LinkDialog key={linked} username={linked} onClose={() => setLinked(null)} />}
      {leaving !== null && <RemoveDialog key={leaving} username={leaving} onClose={() => setLeaving(null)} />}
    </section>
  );
}

function Line({ person, self, onLink, onRemove }: { person: Person; self: string; onLink: () => void; onRemove: () => void }) {
  const change = usePutPerson();
  const set = (admin: boolean) => change.mutate({ username: person.username, admin }, { onSuccess: () => toast(admin ? `${person.username} administers this server now.` : `${person.username} is no longer an administrator.`), onError: toastError });
  return (
    <tr>
      <td><b>{person.username}</b>{person.name !== "" && person.name !== person.username && <span className="muted"> {person.name}</span>}{person.service && <span className="tag">service account</span>}</td>
      <td className="muted">{person.email ?? "–"}</td>
      <td className="muted">{person.service ? "keys only" : person.has_password ? "password" : "links only"}</td>
      <td className="muted"><Ago at={person.created_at} /></td>
      <td><label className="check"><input type="checkbox" aria-label={`${person.username} is an administrator`} checked={person.admin} disabled={change.isPending || person.username === self} title={person.username === self ? "Another administrator has to take this from you." : undefined} onChange={(event) => set(event.target.checked)} /></label></td>
      <td className="num">{!person.service && <button type="button" className="button quiet" aria-label={`Make a sign-in link for ${person.username}`} onClick={onLink}><Link2 size={14} />Sign-in link</button>}<button type="button" className="button quiet icon" aria-label={`Remove ${person.username}`} title={person.username === self ? "Another administrator has to remove you." : `Remove ${person.username}`} disabled={person.username === self} onClick={onRemove}><Trash2 size={14} /></button></td>
    </tr>
  );
}

function RemoveDialog({ username, onClose }: { username: string; onClose: () => void }) {
  const leave = useRemovePerson();
  const go = () => leave.mutate(username, { onSuccess: () => { toast(`${username} has no account here any more.`); onClose(); } });
  return <Confirm title={`Remove ${username}?`} about={`${username} can't sign in any more, all keys stop working, and the projects of ${username} go. What ${username} did in teams stays, under that name. This can't be undone.`} verb="Remove" pending={leave.isPending} error={leave.error} onDo={go} onClose={onClose} />;
}

function NewPerson({ onMade }: { onMade: (username: string) => void }) {
  const make = usePutPerson();
  const [username, setUsername] = useState("");
  const [email, setEmail] = useState("");
  const save = () =>
    make.mutate({ username: username.trim(), ...(email.trim() === "" ? {} : { email: email.trim() }) }, {
      onSuccess: (made) => {
        setUsername("");
        setEmail("");
        if (made.created) onMade(made.username);
        else toast(`${made.username} had an account already; what you gave is saved.`);
      },
    });
  return (
    <>
      <form className="row wrap" onSubmit={(event) => { event.preventDefault(); save(); }}>
        <input className="field grow" aria-label="User name of a new person" placeholder="User name of a new person" value={username} onChange={(event) => setUsername(event.target.value)} />
        <input className="field grow" type="email" aria-label="E-mail of a new person" placeholder="E-mail (may be left out)" value={email} onChange={(event) => setEmail(event.target.value)} />
        <button type="submit" className="button" disabled={username.trim() === "" || make.isPending}>Make an account</button>
      </form>
      {make.error !== null && <Failure error={make.error} />}
    </>
  );
}

function LinkDialog({ username, onClose }: { username: string; onClose: () => void }) {
  const make = useSignInLink();
  return (
    <Dialog title={`Sign-in link for ${username}`} about={make.data === undefined ? `Whoever opens the link is signed in as ${username}, once, within a day. Send it to nobody else.` : "It works once, within a day, and is shown only now."} open onClose={onClose}>
      {make.error !== null && <Failure error={make.error} />}
      {make.data !== undefined && <div className="once"><Code text={make.data.link} label="Copy link" /></div>}
      <div className="row"><span className="grow" />
        {make.data === undefined ? (<><button type="button" className="button" onClick={onClose}>Not now</button><button type="button" className="button primary" disabled={make.isPending} onClick={() => make.mutate(username)}>Make the link</button></>) : <button type="button" className="button primary" onClick={onClose}>Done</button>}
      </div>
    </Dialog>
  );
}
