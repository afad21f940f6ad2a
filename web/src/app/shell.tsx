/** The frame around every page: the bar on top, the page, and what floats above both. */
import { Link, Outlet, useLocation, useNavigate, useParams } from "@tanstack/react-router";
import { lazy, Suspense, useMemo, useState } from "react";
import { useCatchUp, useSession } from "@/api/needs";
import { basePath } from "@/api/client";
import { type Command, useCommands } from "@/lib/commands";
import { useConnection } from "@/lib/connection";
import { useTheme } from "@/lib/theme";
import { Empty } from "@/ui/parts";
import { Toasts } from "@/ui/toasts";
import { useKeyboard } from "./keyboard";
import { TopBar } from "./topbar";
import "./shell.css";

const Palette = lazy(() => import("./palette").then((part) => ({ default: part.Palette })));
const AlmostFull = lazy(() => import("@/features/admin/almost_full").then((part) => ({ default: part.AlmostFull })));
const KeySheet = lazy(() => import("./key_sheet").then((part) => ({ default: part.KeySheet })));

/** A notebook shows pages in a frame of its own: then the page goes without the bar. */
const framed = new URLSearchParams(location.search).get("jupyter") === "true";

/** The whole page: the bar, then whatever the address names. */
export function Root() {
  const [above, setAbove] = useState<"palette" | "keys" | null>(null);
  const admin = useSession().data?.admin === true;
  useKeyboard();
  useCatchUp();
  useCommands(useGlobalCommands(setAbove));
  return (
    <div className="shell" data-framed={framed || undefined}>
      <a className="skip" href="#main">Skip to the content</a>
      {!framed && <TopBar onSearch={() => setAbove("palette")} onKeys={() => setAbove("keys")} />}
      <Gone />
      {admin && !framed && <Suspense><AlmostFull /></Suspense>}
      <Outlet />
      {framed && <Unframed />}
      <Toasts />
      <Suspense>
        {above === "palette" && <Palette onClose={() => setAbove(null)} />}
        {above === "keys" && <KeySheet onClose={() => setAbove(null)} />}
      </Suspense>
    </div>
  );
}

/** The way out of a notebook: the same page in a tab, with all bars. */
function Unframed() {
  useLocation();
  const own = new URL(location.href);
  own.searchParams.delete("jupyter");
  return <footer className="unframed"><a href={own.href} target="_blank" rel="noopener">Open in Runstone</a></footer>;
}

function Gone() {
  const reachable = useConnection((s) => s.reachable);
  if (reachable) return null;
  return (
    <div className="gone" role="status">
      <i aria-hidden="true" />
      <b>The server does not answer.</b> What you see is as it was; the page catches up by itself when the server is back.
    </div>
  );
}

function useGlobalCommands(setAbove: (above: "palette" | "keys" | null) => void): Command[] {
  const navigate = useNavigate();
  const { entity, project } = useParams({ strict: false });
  const signedIn = useSession().data?.signed_in === true;
  return useMemo(() => {
    const { toggle, choose } = useTheme.getState();
    const here = entity !== undefined && project !== undefined ? { entity, project } : null;
    const toPages: Command[] =
      here === null
        ? []
        : [
            { id: "go.workspace", label: "Charts of this project", group: "Go to", keys: "g w", run: () => void navigate({ to: "/$entity/$project", params: here }) },
            { id: "go.table", label: "Runs of this project", group: "Go to", keys: "g t", run: () => void navigate({ to: "/$entity/$project/table", params: here }) },
            { id: "go.sweeps", label: "Sweeps of this project", group: "Go to", keys: "g s", run: () => void navigate({ to: "/$entity/$project/sweeps", params: here }) },
            { id: "go.overview", label: "Overview of this project", group: "Go to", keys: "g o", run: () => void navigate({ to: "/$entity/$project/overview", params: here }) },
            { id: "go.reports", label: "Reports of this project", group: "Go to", keys: "g r", run: () => void navigate({ to: "/$entity/$project/reports", params: here }) },
            { id: "go.project", label: "Settings of this project", group: "Go to", run: () => void navigate({ to: "/$entity/$project/settings", params: here }) },
            { id: "go.artifacts", label: "Artifacts of this project", group: "Go to", keys: "g a", run: () => void navigate({ to: "/$entity/$project/artifacts", params: here }) },
          ];
    return [
      { id: "palette", label: "Search everything", group: "Everywhere", keys: "Ctrl+k", run: () => setAbove("palette") },
      { id: "keys", label: "Show the keys", group: "Everywhere", keys: "?", run: () => setAbove("keys") },
      { id: "theme", label: "Change between light and dark", group: "Everywhere", keys: ".", run: toggle },
      { id: "contrast", label: "Use high contrast", group: "Everywhere", run: () => choose("contrast") },
      { id: "go.home", label: "Projects", group: "Go to", keys: "g p", run: () => void navigate({ to: "/" }) },
      ...toPages,
      ...(signedIn ? [{ id: "go.registry", label: "Model registry", group: "Go to", keys: "g m", run: () => void navigate({ to: "/registry" }) }, { id: "go.settings", label: "Settings: account, API keys, teams", group: "Go to", run: () => void navigate({ to: "/settings" }) }] : []),
    ];
  }, [navigate, entity, project, signedIn, setAbove]);
}

/** An address that names nothing, or nothing that this person may see. */
export function Missing() {
  const session = useSession();
  return (
    <main id="main" className="page">
      <Empty title="There is nothing at this address">
        <p>It may have been deleted or renamed, or {session.data?.signed_in === false ? "you need to sign in to see it" : "you have no access to it: ask its owner to add you"}.</p>
        <div className="row">
          {session.data?.signed_in === false && <a className="button primary" target={framed ? "_blank" : undefined} href={`${basePath}/login?next=${encodeURIComponent(location.pathname.slice(basePath.length) + location.search)}`}>Sign in</a>}
          <Link className="button" to="/">To the projects</Link>
        </div>
      </Empty>
    </main>
  );
}

