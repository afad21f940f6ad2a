/** One's own account: profile, password, API keys. */
import { KeyRound } from "lucide-react";
import { useState } from "react";
import { type AccountDetail, type AccountKey, useAccount, useChangeAccount, useChangePassword, useRevokeKey } from "@/api/account";
import { useMakeKey } from "@/api/needs";
import { toast } from "@/lib/toasts";
import { Confirm } from "@/ui/confirm";
import { Ago, Code, Failure, Skeleton } from "@/ui/parts";
import "./settings.css";

const SHORTEST_PASSWORD = 8;

/** The page's part. */
export function Account() {
  const found = useAccount();
  if (found.error !== null) return <Failure error={found.error} />;
  if (found.data === undefined) return <Skeleton />;
  return (
    <>
      <Profile key={found.data.username} account={found.data} />
      <Password account={found.data} />
      <Keys keys={found.data.keys} />
    </>
  );
}

function Profile({ account }: { account: AccountDetail }) {
  const change = useChangeAccount();
  const [name, setName] = useState(account.name);
  const [email, setEmail] = useState(account.email ?? "");
  const same = name.trim() === account.name && email.trim() === (account.email ?? "");
  return (
    <section className="card part" aria-labelledby="profile-title">
      <h2 id="profile-title">Profile</h2>
      <form className="part-form" onSubmit={(event) => { event.preventDefault(); change.mutate({ name: name.trim(), email: email.trim() }, { onSuccess: () => toast("Your profile is saved.") }); }}>
        <span>User name</span><span className="row"><code>{account.username}</code>{account.admin && <span className="tag accent">administrator</span>}</span>
        <label htmlFor="profile-name">Name</label><input id="profile-name" className="field" autoComplete="name" value={name} onChange={(event) => setName(event.target.value)} />
        <label htmlFor="profile-email">E-mail</label><input id="profile-email" className="field" type="email" autoComplete="email" value={email} onChange={(event) => setEmail(event.target.value)} />
        {change.error !== null && <Failure error={change.error} />}
        <button type="submit" className="button primary" disabled={same || change.isPending}>Save</button>
      </form>
    </section>
  );
}

function Password({ account }: { account: AccountDetail }) {
  const change = useChangePassword();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const save = () =>
    change.mutate({ current, new: next }, {
      onSuccess: () => {
        toast(account.has_password ? "Your password is changed." : "Your password is set.");
        setCurrent("");
        setNext("");
      },
    });
  return (
    <section className="card part" aria-labelledby="password-title">
      <h2 id="password-title">Password</h2>
      {!account.has_password && <p className="muted">You have no password yet, so you sign in with links only. Choose one to sign in by yourself.</p>}
      <form className="part-form" onSubmit={(event) => { event.preventDefault(); save(); }}>
        <input className="hidden" type="text" autoComplete="username" value={account.username} readOnly tabIndex={-1} aria-hidden="true" />
        {account.has_password && (<><label htmlFor="password-now">Current password</label><input id="password-now" className="field" type="password" autoComplete="current-password" required value={current} onChange={(event) => setCurrent(event.target.value)} /></>)}
        <label htmlFor="password-new">New password</label>
        <input id="password-new" className="field" type="password" autoComplete="new-password" required minLength={SHORTEST_PASSWORD} placeholder={`${SHORTEST_PASSWORD} characters or more`} value={next} onChange={(event) => setNext(event.target.value)} />
        {change.error !== null && <Failure error={change.error} />}
        <button type="submit" className="button" disabled={next === "" || change.isPending}>{account.has_password ? "Change password" : "Set password"}</button>
      </form>
    </section>
  );
}

function Keys({ keys }: { keys: AccountKey[] }) {
  const make = useMakeKey();
  const revoke = useRevokeKey();
  const [purpose, setPurpose] = useState("");
  const [ending, setEnding] = useState<AccountKey | null>(null);
  return (
    <section className="card part" aria-labelledby="keys-title">
      <h2 id="keys-title">API keys</h2>
      <p className="muted">Scripts log with a key in <code>WANDB_API_KEY</code>. Make one for each machine, so that you can revoke it alone.</p>
      <form className="row wrap" onSubmit={(event) => { event.preventDefault(); make.mutate(purpose.trim(), { onSuccess: () => setPurpose("") }); }}>
        <input className="field grow" aria-label="What the new key is for" placeholder="What it is for, such as: laptop" maxLength={200} value={purpose} onChange={(event) => setPurpose(event.target.value)} />
        <button type="submit" className="button primary" disabled={make.isPending}><KeyRound size={14} />Make a key</button>
      </form>
      {make.error !== null && <Failure error={make.error} />}
      {make.data !== undefined && (
        <div className="once" role="status">
          <p><b>Copy the key now.</b> It is shown this once; the server keeps only its digest.</p>
          <Code text={make.data.key} label="Copy key" />
        </div>
      )}
      {keys.length === 0 ? <p className="muted">You have no keys.</p> : (
        <div className="table-scroll">
          <table className="table">
            <thead><tr><th>Key</th><th>For</th><th>Made</th><th>Last used</th><th><span className="hidden">Actions</span></th></tr></thead>
            <tbody>
              {keys.map((one) => (
                <tr key={one.id}>
                  <td><code>{one.prefix}…</code></td><td className="part-words">{one.description || "–"}</td><td className="muted"><Ago at={one.created_at} /></td><td className="muted">{one.last_used_at === null ? "never" : <Ago at={one.last_used_at} />}</td>
                  <td className="num"><button type="button" className="button quiet" aria-label={`Revoke the key ${one.prefix}`} onClick={() => { revoke.reset(); setEnding(one); }}>Revoke</button></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {ending !== null && (
        <Confirm
          title={`Revoke the key ${ending.prefix}…?`}
          about={`${ending.description === "" ? "It" : `“${ending.description}”`} stops working within seconds, also for runs that log with it now. This cannot be undone.`}
          verb="Revoke" pending={revoke.isPending} error={revoke.error} onClose={() => setEnding(null)}
          onDo={() => revoke.mutate(ending.id, { onSuccess: () => { setEnding(null); toast(`The key ${ending.prefix}… is revoked.`); } })}
        />
      )}
    </section>
  );
}
