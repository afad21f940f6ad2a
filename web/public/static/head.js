// What can't wait for the page's own scripts: the theme, before the first paint, and the first questions of a
// workspace, whose answers come while those scripts are on their way.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("runstone.theme");
  } catch {
    chosen = null;
  }
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const { dataset } = document.documentElement;
  dataset.theme = chosen === "light" || chosen === "dark" ? chosen : system;
  const more = chosen === null && matchMedia("(prefers-contrast: more)").matches;
  if (chosen === "contrast" || more) dataset.contrast = "more";
})();
// `web/src/api/client.ts` takes an answer by its method, path and body. Where they differ from what the page asks
// (`useRunPages`, `useKeys`), nothing is wrong but that the question was for nothing: a browser test counts them.
(() => {
  const base = new URL(document.baseURI).pathname.replace(/\/$/, "");
  const names = /^\/([^/]+)\/([^/]+)\/?$/.exec(location.pathname.slice(base.length));
  if (names === null || location.search !== "" || ["registry", "links", "orgs"].includes(names[1])) return;
  const [entity, project] = names.slice(1).map(decodeURIComponent);
  const early = new Map();
  const ask = (method, path, body) => {
    const headers = { Accept: "application/json", ...(body === undefined ? {} : { "Content-Type": "application/json" }) };
    const answer = fetch(`${base}${path}`, { method, headers, body: body ?? null, credentials: "same-origin" }).catch(() => null);
    early.set([method, path, body ?? ""].join(" "), answer);
    return answer;
  };
  const runs = ask("POST", "/api/runs/query", JSON.stringify({ entity, project, order: "-created_at", limit: 200, cursor: null }));
  ask("GET", "/api/session");
  ask("GET", `/api/projects/${encodeURIComponent(entity)}/${encodeURIComponent(project)}`);
  void runs.then(async (answer) => {
    if (answer === null || !answer.ok) return;
    const ids = (await answer.clone().json()).runs.slice(0, 100).map((run) => run.id);
    if (ids.length > 0) ask("POST", "/api/keys", JSON.stringify({ entity, project, runs: ids, stream: "history" }));
  });
  window.early = early;
})();
