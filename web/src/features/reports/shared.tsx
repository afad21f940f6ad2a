/** A report that was opened by a link, read without an account. */
import { useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useEffect } from "react";
import { ServerError } from "@/api/client";
import { list, object } from "@/api/report_spec";
import { useShared } from "@/api/share";
import { Empty, Failure, Skeleton } from "@/ui/parts";
import { Article } from "./article";
import { markdownOf } from "./markdown";
import { Takeaway } from "./takeaway";

/** The page. What it asks for carries the link's token, which `api/client` takes from the address. */
export function Shared() {
  const { token } = useParams({ from: "/links/$token" });
  const client = useQueryClient();
  const found = useShared(token);
  // The link's rights end with this page: other pages ask anew, with the person's own.
  useEffect(() => () => void setTimeout(() => {
    client.removeQueries({ type: "inactive" });
    void client.invalidateQueries();
  }), [client]);
  if (found.error instanceof ServerError && found.error.status === 404) return <main id="main" className="page"><Empty title="This link opens nothing"><p>{found.error.message}</p></Empty></main>;
  if (found.error !== null) return <main id="main" className="page"><div className="inner"><Failure error={found.error} /></div></main>;
  if (found.data === undefined) return <main id="main" className="page"><Skeleton rows={9} /></main>;
  const { entity, project, author, expires_at: end } = found.data;
  const blocks = list(object(found.data.spec).blocks);
  return (
    <main id="main" className="page report-page" data-scroll>
      <Article
        report={found.data} by={author} blocks={blocks} entity={entity} project={project}
        tools={
          <>
            <span className="muted grow">Shared from {entity}/{project}, to read{end === null ? "" : ` until ${new Date(end).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" })}`}.</span>
            <Takeaway title={found.data.title} markdown={() => markdownOf(found.data.title, found.data.description, blocks)} about={{ entity, project, report: found.data.id, updated_at: found.data.updated_at, spec: found.data.spec }} />
          </>
        }
      />
    </main>
  );
}
