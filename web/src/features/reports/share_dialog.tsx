/** Links that open one report for people without an account. */
import { Link2 } from "lucide-react";
import { useState } from "react";
import { useMakeShareLink, useRevokeShareLink, useShareLinks } from "@/api/share";
import { toast, toastError } from "@/lib/toasts";
import { Dialog } from "@/ui/dialog";
import { Ago, Code, Failure, Skeleton } from "@/ui/parts";

const spans: { label: string; days: number | null }[] = [
  { label: "for a day", days: 1 },
  { label: "for a week", days: 7 },
  { label: "for 30 days", days: 30 },
  { label: "until it is revoked", days: null },
];

/** Make, see and revoke them. `report` is its number. */
export function ShareDialog({ report, title, onClose }: { report: number; title: string; onClose: () => void }) {
  const found = useShareLinks(report);
  const make = useMakeShareLink(report);
  const [span, setSpan] = useState(1);
  return (
    <Dialog title={`Share ${title}`} about="Whoever holds the link reads this report without an account. Its panels are drawn live. The link opens the runs of its run sets, the values of its panels and its artifacts, nothing beside them, and changes nothing." open onClose={onClose}>
      <form className="row" onSubmit={(event) => { event.preventDefault(); make.mutate(spans[span]?.days ?? null); }}>
        <select className="field grow" aria-label="How long the link works" value={span} onChange={(event) => setSpan(Number(event.target.value))}>{spans.map((one, i) => <option key={one.label} value={i}>Works {one.label}</option>)}</select>
        <button type="submit" className="button primary" disabled={make.isPending}><Link2 size={14} />Make a link</button>
      </form>
      {make.error !== null && <Failure error={make.error} />}
      {make.data !== undefined && <div className="once" role="status"><p><b>Copy the link now.</b> It is shown this once.</p><Code text={make.data.link} label="Copy link" /></div>}
      {found.error !== null ? <Failure error={found.error} /> : found.data === undefined ? <Skeleton rows={2} height={14} /> : found.data.links.length === 0 ? <p className="muted">No link opens this report.</p> : <Links report={report} links={found.data.links} />}
    </Dialog>
  );
}

function Links({ report, links }: { report: number; links: { id: number; created_by: string | null; created_at: string; expires_at: string | null }[] }) {
  const revoke = useRevokeShareLink(report);
  const until = (end: string | null) => (end === null ? "until revoked" : Date.parse(end) < Date.now() ? "expired" : `until ${new Date(end).toLocaleString()}`);
  return (
    <table className="table">
      <thead><tr><th>Made</th><th>By</th><th>Works</th><th><span className="hidden">Actions</span></th></tr></thead>
      <tbody>
        {links.map((one, i) => (
          <tr key={one.id}>
            <td className="muted"><Ago at={one.created_at} /></td><td>{one.created_by ?? "–"}</td><td className="muted">{until(one.expires_at)}</td>
            <td className="num"><button type="button" className="button quiet" aria-label={`Revoke link ${i + 1}`} disabled={revoke.isPending} onClick={() => revoke.mutate(one.id, { onSuccess: () => toast("The link opens nothing any more."), onError: toastError })}>Revoke</button></td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
