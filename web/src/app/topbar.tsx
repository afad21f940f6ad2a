/** The bar on top: brand, where we are, search, what is live, who is signed in. */
import { Link, useLocation, useNavigate, useParams } from "@tanstack/react-router";
import { useQueryClient } from "@tanstack/react-query";
import { Boxes, Contrast, Keyboard, LogOut, Moon, Search, Settings, Sun } from "lucide-react";
import { useChange } from "@/api/change";
import { basePath, remove, shareToken } from "@/api/client";
import { useProject, useRun, useSession } from "@/api/needs";
import { useConnection } from "@/lib/connection";
import { looks, useTheme } from "@/lib/theme";
import { toastError } from "@/lib/toasts";
import { Menu, MenuChoice, MenuItem, MenuLabel, MenuLine } from "@/ui/menu";

/** The bar. */
export function TopBar({ onSearch, onKeys }: { onSearch: () => void; onKeys: () => void }) {
  const session = useSession();
  return (
    <header className="topbar">
      <Link to="/" className="brand" aria-label="Runstone, home">
        <svg width="24" height="24" viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="8" fill="var(--accent)" />
          <path d="M10 24V8h7.2a5 5 0 0 1 1.6 9.7L23 24h-4l-3.6-5.8H13.4V24z M13.4 11v4.4h3.4a2.2 2.2 0 0 0 0-4.4z" fill="var(--on-accent)" fillRule="evenodd" />
        </svg>
      </Link>
      <nav className="row crumbs-bar" aria-label="Where you are"><Crumbs /></nav>
      {shareToken() === null && (
        <button type="button" className="search-button" onClick={onSearch}>
          <Search size={14} aria-hidden="true" />
          <span className="grow">Search</span>
          <kbd className="kbd">Ctrl K</kbd>
        </button>
      )}
      <span className="row topbar-end">
        <LiveDot />
        {session.data?.signed_in === true && <Link to="/registry" className="button quiet" activeOptions={{ includeSearch: false }}><Boxes size={15} /><span className="wide-only">Registry</span></Link>}
        {session.data === undefined ? null : session.data.signed_in ? (
          <Person name={session.data.username} onKeys={onKeys} />
        ) : (
          <>
            <Look />
            <a className="button primary" href={`${basePath}/login`}>Sign in</a>
          </>
        )}
      </span>
    </header>
  );
}

function LiveDot() {
  const live = useConnection((s) => s.live);
  const reachable = useConnection((s) => s.reachable);
  if (live === null) return null;
  const on = live && reachable;
  return <span className="live" data-on={on} role="status" title={on ? "News of this project arrives as it happens." : "No news arrives just now; the page connects again by itself."}><i aria-hidden="true" />{on ? "Live" : "Waiting"}</span>;
}

function Look() {
  const { theme, toggle } = useTheme();
  return (
    <button type="button" className="button quiet icon" onClick={toggle} aria-label={theme === "dark" ? "Use the light theme" : "Use the dark theme"}>
      {theme === "dark" ? <Sun size={16} /> : <Moon size={16} />}
    </button>
  );
}

const lookIcons = { light: <Sun size={14} />, dark: <Moon size={14} />, contrast: <Contrast size={14} /> } as const;

function Person({ name, onKeys }: { name: string; onKeys: () => void }) {
  const { look, choose } = useTheme();
  const client = useQueryClient();
  const navigate = useNavigate();
  const out = useChange({
    mutationFn: () => remove("/api/session"),
    onSuccess: () => {
      client.clear();
      location.assign(`${basePath}/login`);
    },
    onError: toastError,
  });
  return (
    <Menu trigger={<button type="button" className="avatar" aria-label={`${name.slice(0, 2)}: account and theme of ${name}`}>{name.slice(0, 2)}</button>}>
      <MenuLabel>Signed in as {name}</MenuLabel>
      <MenuItem icon={<Settings size={14} />} onSelect={() => void navigate({ to: "/settings" })}>Settings</MenuItem>
      <MenuItem icon={<Keyboard size={14} />} keys="?" onSelect={onKeys}>Keys</MenuItem>
      <MenuLine />
      <MenuLabel>Theme</MenuLabel>
      {looks.map((one) => (
        <MenuChoice key={one.look} chosen={look === one.look} onSelect={() => choose(one.look)}>
          <span className="row">{lookIcons[one.look]}{one.label}</span>
        </MenuChoice>
      ))}
      <MenuLine />
      <MenuItem icon={<LogOut size={14} />} onSelect={() => out.mutate()}>Sign out</MenuItem>
    </Menu>
  );
}

function Crumbs() {
  const { entity, project, run } = useParams({ strict: false });
  const pathname = useLocation({ select: (one) => one.pathname });
  if (entity === undefined || project === undefined) return <span className="crumb">{pathname.endsWith("/settings") ? "Settings" : pathname.includes("/links/") ? "Shared report" : "Projects"}</span>;
  return (
    <>
      <span className="crumb ellipsis wide-only">{entity}</span>
      <span className="muted wide-only" aria-hidden="true">/</span>
      <Link className="crumb ellipsis" to="/$entity/$project" params={{ entity, project }}>{project}</Link>
      {run === undefined ? <Visibility entity={entity} project={project} /> : <RunCrumb entity={entity} project={project} run={run} />}
    </>
  );
}

function RunCrumb({ entity, project, run }: { entity: string; project: string; run: string }) {
  const found = useRun(entity, project, run);
  return (
    <>
      <span className="muted" aria-hidden="true">/</span>
      <span className="crumb ellipsis" title={run}>{found.data?.name ?? run}</span>
    </>
  );
}

const meanings: Record<string, string> = {
  restricted: "Only people that are added see this project.",
  private: "Only members of the entity see this project.",
  open: "Everybody signed in reads it and may log to it.",
  public: "Everybody reads it; members write.",
};

function Visibility({ entity, project }: { entity: string; project: string }) {
  const found = useProject(entity, project);
  return found.data === undefined ? null : <Link to="/$entity/$project/settings" params={{ entity, project }} className="tag wide-only" title={meanings[found.data.visibility]}>{found.data.visibility}</Link>;
}
