import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

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
    chunkSizeWarningLimit: 1500, // Vega and Plotly, each in a chunk of its own
  },
  server: { proxy: { "/api": process.env.RUNSTONE_DEV_SERVER ?? "http://127.0.0.1:8080" } },
});
