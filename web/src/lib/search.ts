/** What the addresses of the pages carry after the question mark. */

/** The workspace: run search, x axis, smoothing, log axis, panel search, hidden runs. */
export interface WorkspaceSearch {
  q?: string;
  x?: string;
  smooth?: number;
  log?: boolean;
  panels?: string;
  hide?: string;
}

/** The table of runs: search and order (`-created_at`, `+summary_metrics.loss`). */
export interface TableSearch {
  q?: string;
  order?: string;
}
