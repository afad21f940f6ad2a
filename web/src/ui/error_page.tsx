/** What stands where a page could not be drawn. */
import { RotateCw } from "lucide-react";

/** The error in its own words and a way on. */
export function ErrorPage({ error, reset }: { error: unknown; reset?: () => void }) {
  return (
    <main id="main" className="page">
      <div className="empty">
        <h2>This page stumbled</h2>
        <div className="error" role="alert">{error instanceof Error ? error.message : String(error)}</div>
        <div className="row">
          <button type="button" className="button primary" onClick={() => (reset === undefined ? location.reload() : reset())}><RotateCw size={14} />Try again</button>
          <button type="button" className="button" onClick={() => history.back()}>Go back</button>
        </div>
      </div>
    </main>
  );
}
