/** Every address of the UI. All state that makes a view is in the address. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { basePath } from "@/api/client";
import { ErrorPage } from "@/ui/error_page";
import { Missing, Root } from "./shell";
import { type SettingsSearch, tabs } from "./settings_tabs";
import { runSearch, tableSearch, workspaceSearch } from "@/lib/search";
import { type ParallelView, readParallel } from "@/lib/parallel";
import { readTables } from "@/lib/tables";
import { ProjectFrame } from "./project_frame";

const rootRoute = createRootRoute({ component: Root, notFoundComponent: Missing });

const text = (v: unknown): string | undefined => (typeof v === "string" && v !== "" ? v : undefined);


const home = createRoute({
  getParentRoute: () => rootRoute,
  path: "/",
  component: lazyRouteComponent(() => import("@/features/home/home"), "Home"),
});

const project = createRoute({ getParentRoute: () => rootRoute, path: "/$entity/$project", component: ProjectFrame });

const workspace = createRoute({
  getParentRoute: () => project,
  path: "/",
  validateSearch: workspaceSearch,
  component: lazyRouteComponent(() => import("@/features/workspace/workspace"), "Workspace"),
});

const table = createRoute({
  getParentRoute: () => project,
  path: "/table",
  validateSearch: tableSearch,
  component: lazyRouteComponent(() => import("@/features/runs/table"), "RunsTable"),
});

const run = createRoute({
  getParentRoute: () => project,
  path: "/runs/$run",
  validateSearch: runSearch,
  component: lazyRouteComponent(() => import("@/features/run/run"), "Run"),
});

const sweeps = createRoute({
  getParentRoute: () => project,
  path: "/sweeps",
  validateSearch: (raw: Record<string, unknown>): { create?: boolean } => ({ create: raw.create === true ? true : undefined }),
  component: lazyRouteComponent(() => import("@/features/sweeps/list"), "Sweeps"),
});

const sweep = createRoute({
  getParentRoute: () => project,
  path: "/sweeps/$sweep",
  validateSearch: (raw: Record<string, unknown>): ParallelView & { why?: string | undefined } => ({ ...readParallel(raw), why: text(raw.why) }),
  component: lazyRouteComponent(() => import("@/features/sweeps/sweep"), "Sweep"),
});

const artifacts = createRoute({
  getParentRoute: () => project,
  path: "/artifacts",
  component: lazyRouteComponent(() => import("@/features/artifacts/browser"), "Artifacts"),
});

const collection = createRoute({
  getParentRoute: () => project,
  path: "/artifacts/$type/$name",
  component: lazyRouteComponent(() => import("@/features/artifacts/collection"), "Collection"),
});

interface VersionSearch {
  tab?: string | undefined;
  file?: string | undefined;
  with?: string | undefined;
  way?: "both" | "up" | "down" | undefined;
  node?: string | undefined;
}

const version = createRoute({
  getParentRoute: () => project,
  path: "/artifacts/$type/$name/$version",
  validateSearch: (raw: Record<string, unknown>): VersionSearch => ({
    tab: text(raw.tab),
    file: text(raw.file),
    with: text(raw.with),
    way: raw.way === "up" || raw.way === "down" ? raw.way : undefined,
    node: text(raw.node),
  }),
  component: lazyRouteComponent(() => import("@/features/artifacts/version"), "Version"),
});

const tables = createRoute({
  getParentRoute: () => project,
  path: "/tables",
  validateSearch: readTables,
  component: lazyRouteComponent(() => import("@/features/tables/page"), "Tables"),
});

const overview = createRoute({ getParentRoute: () => project, path: "/overview", component: lazyRouteComponent(() => import("@/features/project/overview"), "Overview") });

const projectSettings = createRoute({ getParentRoute: () => project, path: "/settings", component: lazyRouteComponent(() => import("@/features/project/settings"), "ProjectSettings") });

const reports = createRoute({ getParentRoute: () => project, path: "/reports", component: lazyRouteComponent(() => import("@/features/reports/list"), "Reports") });

const report = createRoute({
  getParentRoute: () => project,
  path: "/reports/$slug",
  validateSearch: (raw: Record<string, unknown>): { edit?: boolean | undefined; panel?: string | undefined } => ({ edit: raw.edit === true ? true : undefined, panel: text(raw.panel) }),
  component: lazyRouteComponent(() => import("@/features/reports/report"), "Report"),
});

const registries = createRoute({
  getParentRoute: () => rootRoute,
  path: "/registry",
  validateSearch: (raw: Record<string, unknown>): { q?: string | undefined } => ({ q: text(raw.q) }),
  component: lazyRouteComponent(() => import("@/features/registry/registries"), "Registries"),
});

// Addresses of W&B's pages whose things are on other ones here. The server knows the rest of them.
const toRegistry = ["/registry/$name", "/orgs/$organization/registry", "/orgs/$organization/registry/$name", "/$entity/registry/model"].map((path) =>
  createRoute({
    getParentRoute: () => rootRoute,
    path,
    beforeLoad: () => {
      throw redirect({ to: "/registry", replace: true });
    },
  }),
);

const entity = createRoute({
  getParentRoute: () => rootRoute,
  path: "/$entity",
  component: lazyRouteComponent(() => import("@/features/home/home"), "Home"),
});

const registered = createRoute({
  getParentRoute: () => rootRoute,
  path: "/registry/$entity/$project/$name",
  validateSearch: (raw: Record<string, unknown>): { move?: string | undefined; to?: string | undefined } => ({ move: text(raw.move), to: text(raw.to) }),
  component: lazyRouteComponent(() => import("@/features/registry/registered"), "RegisteredModel"),
});

const shared = createRoute({ getParentRoute: () => rootRoute, path: "/links/$token", validateSearch: (raw: Record<string, unknown>): { panel?: string | undefined } => ({ panel: text(raw.panel) }), component: lazyRouteComponent(() => import("@/features/reports/shared"), "Shared") });

const settings = createRoute({
  getParentRoute: () => rootRoute,
  path: "/settings",
  validateSearch: (raw: Record<string, unknown>): SettingsSearch => ({ tab: tabs.find((one) => one === raw.tab) }),
  component: lazyRouteComponent(() => import("./settings"), "Settings"),
});

export const router = createRouter({
  routeTree: rootRoute.addChildren([home, entity, settings, shared, registries, registered, ...toRegistry, project.addChildren([workspace, table, run, sweeps, sweep, artifacts, collection, version, tables, overview, projectSettings, reports, report])]),
  basepath: basePath === "" ? "/" : basePath,
  defaultPreload: "intent",
  defaultErrorComponent: ErrorPage,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
