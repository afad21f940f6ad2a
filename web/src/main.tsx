import "@fontsource-variable/inter/index.css";
import "@fontsource-variable/jetbrains-mono/index.css";
import "@/ui/tokens.css";
import "@/ui/parts.css";
import "@/ui/layout.css";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { basePath, passing, ServerError } from "@/api/client";
import { router } from "@/app/router";

// A page from before an update may ask for a chunk that is gone: load the new page, once. Where the server is away,
// the page stays: there would be none in its place.
addEventListener("vite:preloadError", () => {
  if (sessionStorage.getItem("runstone.reloaded") !== null) return;
  const reload = ({ ok }: Response) => {
    if (!ok) return;
    sessionStorage.setItem("runstone.reloaded", "1");
    location.reload();
  };
  fetch(`${basePath}/healthz`).then(reload, () => {});
});

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // What was read before stays in sight while the server is away, however long that is.
      retry: (failures, error) => passing(error) || (!(error instanceof ServerError) && failures < 2),
      retryDelay: (failures) => Math.min(300 * 2 ** failures, 3000),
    },
  },
});

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no element #root");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
