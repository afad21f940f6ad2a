/** The frame around every page: brand, where we are, theme, who is signed in. */
import { Link, Outlet, useParams } from "@tanstack/react-router";
import { Moon, Sun } from "lucide-react";
import { basePath } from "@/api/client";
import { useProject, useSession } from "@/api/needs";
import { useTheme } from "@/lib/theme";
import { Empty } from "@/ui/parts";
import "./shell.css";

/** The whole page: the bar, then whatever the address names. */
export function Root() {
  return (
    <div className="shell">
      <a className="skip" href="#main">Skip to the content</a>
      <TopBar />
      <Outlet />
    </div>
  );
}

function TopBar() {
  const { theme, toggle } = useTheme();
  const session = useSession();
  return (
    <header className="topbar">
      <Link to="/" className="brand" aria-label="Runstone, home">
        <svg width="24" height="24" viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="8" fill="var(--accent)" />
          <path d="M10 24V8h7.2a5 5 0 0 1 1.6 9.7L23 24h-4l-3.6-5.8H13.4V24z M13.4 11v4.4h3.4a2.2 2.2 0 0 0 0-4.4z" fill="var(--on-accent)" fillRule="evenodd" />
        </svg>
      </Link>
      <nav className="row grow" aria-label="Where you are"><Crumbs /></nav>
      {session.data?.signed_in === true && <Link to="/registry" className="crumb" activeOptions={{ includeSearch: false }}>Registry</Link>}
      <button type="button" className="button quiet icon" onClick={toggle} aria-label={theme === "dark" ? "Use the light theme" : "Use the dark theme"}>
        {theme === "dark" ? <Sun size={16} /> : <Moon size={16} />}
      </button>
      {session.data?.signed_in === true ? (
        <a className="tag" href={`${basePath}/authorize`} title="API keys">{session.data.username}</a>
      ) : session.data === undefined ? null : (
        <a className="button primary" href={`${basePath}/login`}>Sign in</a>
      )}
    </header>
  );
}

function Crumbs() {
  const { entity, project, run } = useParams({ strict: false });
  if (entity === undefined || project === undefined) return <span className="crumb">Projects</span>;
  return (
    <>
      <span className="crumb">{entity}</span>
      <span className="muted" aria-hidden="true">/</span>
      <Link className="crumb ellipsis" to="/$entity/$project" params={{ entity, project }}>{project}</Link>
      <Visibility entity={entity} project={project} />
      {run !== undefined && (
        <>
          <span className="muted" aria-hidden="true">/</span>
          <span className="crumb mono ellipsis">{run}</span>
        </>
      )}
    </>
  );
}

const meanings: Record<string, string> = {
  private: "Only members of the entity see this project.",
  open: "Everybody signed in reads it and may log to it.",
  public: "Everybody reads it; members write.",
};

function Visibility({ entity, project }: { entity: string; project: string }) {
  const found = useProject(entity, project);
  return found.data === undefined ? null : <span className="tag" title={meanings[found.data.visibility]}>{found.data.visibility}</span>;
}

/** An address that names nothing. */
export function Missing() {
  return (
    <main id="main" className="page">
      <Empty title="There is nothing at this address">
        <p>It may have been deleted or renamed, or you have no access to it.</p>
        <Link className="button" to="/">To the projects</Link>
      </Empty>
    </main>
  );
}
