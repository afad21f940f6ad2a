/** Background work that waits, is being done, or failed. */
import { type Job, useJobs } from "@/api/admin";
import { Failure, Skeleton } from "@/ui/parts";

const says: Record<string, string> = {
  seal: "Write a run's history as columns",
  "seal-quiet": "Look for runs whose history can be written as columns",
  "lost-runs": "Look for runs that are no longer heard of",
  collect: "Free what nothing refers to",
  adopt: "Look for files that no record knows",
};

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
            <tbody>{found.data.jobs.map((one, i) => <Line key={`${one.kind} ${one.subject} ${i}`} job={one} />)}</tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Line({ job }: { job: Job }) {
  const failed = job.last_error !== null;
  return (
    <>
      <tr>
        <td>{says[job.kind] ?? job.kind} <code className="muted">{job.kind}</code></td><td>{job.subject || "–"}</td>
        <td><span className="state" data-state={job.running ? "running" : failed ? "failed" : "pending"}><i aria-hidden="true" />{job.running ? "running" : failed ? "failed, tried again" : "waits"}</span></td>
        <td className="muted"><time dateTime={job.due_at}>{new Date(job.due_at).toLocaleString()}</time></td><td className="num">{job.attempts}</td>
      </tr>
      {failed && <tr className="job-error"><td colSpan={5}>{job.last_error}</td></tr>}
    </>
  );
}
