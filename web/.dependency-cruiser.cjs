/** Who may import whom in the UI: app > features > panels > charts, grid, api > ui > lib. */
const from = (path) => ({ path: `^src/${path}/` });
const above = (...names) => ({ path: `^src/(${names.join("|")})/` });
module.exports = {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    { name: "features-are-strangers", severity: "error", from: { path: "^src/features/([^/]+)/" }, to: { path: "^src/features/", pathNot: "^src/features/$1/" } },
    { name: "features-look-down", severity: "error", from: from("features"), to: above("app") },
    { name: "panels-look-down", severity: "error", from: from("panels"), to: above("app", "features") },
    { name: "charts-only-draw", severity: "error", from: from("charts"), to: above("app", "features", "panels", "grid", "api", "ui") },
    { name: "grid-only-tables", severity: "error", from: from("grid"), to: above("app", "features", "panels", "charts", "api", "ui") },
    { name: "api-only-fetches", severity: "error", from: from("api"), to: { path: "^src/(app|features|panels|charts|grid|ui)/", dependencyTypesNot: ["type-only"] } },
    { name: "ui-knows-no-data", severity: "error", from: from("ui"), to: above("app", "features", "panels", "charts", "grid", "api") },
    { name: "lib-is-pure", severity: "error", from: from("lib"), to: above("app", "features", "panels", "charts", "grid", "api", "ui") },
    { name: "resolvable", severity: "error", from: {}, to: { couldNotResolve: true, pathNot: "\\.css$" } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "require", "node", "default", "types"] },
  },
};
