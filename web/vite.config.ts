import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig, type Rolldown } from "vite";

/** What every page loads, and the small parts that the workspace shares with others: as one file. Each file costs
 * the server as much as an answer with data, and the browser a turn. */
const SHELL = "/src/main.tsx";
const FIRST_PAGE = "/src/features/workspace/workspace.tsx";
const SMALL = /\/lucide-react\/|\/src\/(?:lib|ui)\//;

/** Which of the two load a module before they can draw. */
function loaders(id: string, parts: Rolldown.ChunkingContext, seen = new Set<string>()): Set<string> {
  if (!seen.has(id)) {
    seen.add(id);
    for (const one of parts.getModuleInfo(id)?.importers ?? []) loaders(one, parts, seen);
  }
  return new Set([SHELL, FIRST_PAGE].filter((root) => [...seen].some((one) => one.endsWith(root))));
}

// Relative addresses: the same build works below any path behind a proxy.
export default defineConfig({
  base: "./",
  plugins: [react()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    outDir: "../runstone/static",
    emptyOutDir: true,
    assetsDir: "static",
    assetsInlineLimit: 0,
    manifest: true,
    target: "es2022",
    rolldownOptions: {
      output: {
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [
            {
              debugName: "shell",
              name: (id, parts) => {
                const found = loaders(id, parts);
                return found.has(SHELL) || (found.has(FIRST_PAGE) && SMALL.test(id)) ? "shell" : null;
              },
            },
          ],
        },
      },
    },
    chunkSizeWarningLimit: 1500, // Vega and Plotly, each in a chunk of its own
  },
  server: { proxy: { "/api": process.env.RUNSTONE_DEV_SERVER ?? "http://127.0.0.1:8080" } },
});
