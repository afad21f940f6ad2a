/** The frame of one project: its name on top, its pages at the left. */
import { Link, Outlet, useParams } from "@tanstack/react-router";
import { Archive, BookOpen, ChartSpline, FileText, Rows3, Settings, SlidersHorizontal, Table2 } from "lucide-react";
import { ServerError } from "@/api/client";
import { useLive, useProject } from "@/api/needs";
import { Failure } from "@/ui/parts";
import { Missing } from "./shell";

/** Project bar, rail and the page inside. */
export function ProjectFrame() {
  const { entity, project } = useParams({ from: "/$entity/$project" });
  const found = useProject(entity, project);
  useLive(entity, project);
  if (found.error instanceof ServerError && [403, 404].includes(found.error.status)) return <Missing />;
  // The page inside asks for its own things meanwhile.
  return (
    <div className="body">
      <nav className="rail" aria-label="Pages of the project">
        <Link to="/$entity/$project" params={{ entity, project }} activeOptions={{ exact: true, includeSearch: false }}>
          <ChartSpline size={18} />Charts
        </Link>
        <Link to="/$entity/$project/table" params={{ entity, project }} activeOptions={{ includeSearch: false }}>
          <Rows3 size={18} />Runs
        </Link>
        <Link to="/$entity/$project/tables" params={{ entity, project }} activeOptions={{ includeSearch: false }}>
          <Table2 size={18} />Tables
        </Link>
        <Link to="/$entity/$project/sweeps" params={{ entity, project }} activeOptions={{ includeSearch: false }}>
          <SlidersHorizontal size={18} />Sweeps
        </Link>
        <Link to="/$entity/$project/artifacts" params={{ entity, project }} activeOptions={{ includeSearch: false }}>
          <Archive size={18} />Artifacts
        </Link>
        <Link to="/$entity/$project/reports" params={{ entity, project }} activeOptions={{ includeSearch: false }}>
          <FileText size={18} />Reports
        </Link>
        <Link className="rail-last" to="/$entity/$project/overview" params={{ entity, project }} activeOptions={{ includeSearch: false }}>
          <BookOpen size={18} />Overview
        </Link>
        <Link to="/$entity/$project/settings" params={{ entity, project }} activeOptions={{ includeSearch: false }}>
          <Settings size={18} />Settings
        </Link>
      </nav>
      {found.error !== null && found.data === undefined ? <main id="main" className="page"><div className="inner"><Failure error={found.error} /></div></main> : <Outlet />}
    </div>
  );
}
