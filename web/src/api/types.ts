/** Shapes of the server's answers. */

export interface Session {
  signed_in: boolean;
  username: string;
  entity: string;
  admin: boolean;
  entities: { name: string; kind: string; role: string }[];
  base_url: string;
  version: string;
}

export interface ProjectLine {
  id: number;
  entity: string;
  name: string;
  kind: string;
  visibility: string;
  description: string | null;
  runs: number;
  running: number;
  updated_at: string;
}

export interface RunLine {
  id: number;
  run_id: string;
  name: string;
  ordinal: number;
  state: string;
  state_cause: string | null;
  created_at: string;
  heartbeat_at: string;
  ended_at: string | null;
  user: string | null;
  group: string | null;
  job_type: string | null;
  tags: string[];
  sweep: string | null;
  config: Record<string, unknown>;
  summary: Record<string, unknown>;
}

export interface RunPage {
  runs: RunLine[];
  total: number;
  cursor: string | null;
}

export interface KeyLine {
  name: string;
  kinds: string[];
  runs: number;
  step_key: string | null;
}

export interface Series {
  run: number;
  key: string;
  n: number;
  exact: boolean;
  x: number[];
  mean: (number | null)[];
  low: (number | null)[] | null;
  high: (number | null)[] | null;
}

export interface RunDetail extends RunLine {
  notes: string | null;
  host: string | null;
  program: string | null;
  repo: string | null;
  commit: string | null;
  exit_code: number | null;
  files: number;
  stop_requested: boolean;
}

export interface ConsoleLine {
  number: number;
  timestamp: string | null;
  level: string | null;
  line: string;
}

export interface FileLine {
  name: string;
  size_bytes: number;
  mimetype: string | null;
  updated_at: string;
}

export interface VersionLine {
  id: number;
  collection: string;
  type: string;
  version: string;
  aliases: string[];
  size_bytes: number;
  file_count: number;
  created_at: string;
  entity: string;
  project: string;
  run: string | null;
}

/** `used` is the key that is really read: it differs from `name` where runs log it behind a prefix. */
export interface SweepMetric {
  name: string;
  used: string;
  goal: string;
  target: number | null;
}

export interface SweepLine {
  name: string;
  display_name: string | null;
  method: string;
  state: string;
  state_cause: string | null;
  metric: SweepMetric | null;
  best: number | null;
  best_run: string | null;
  runs: Record<string, number>;
  expected_runs: number | null;
  warnings: string[];
  created_at: string;
  updated_at: string;
}

export interface SweepDetail extends SweepLine {
  description: string | null;
  config_text: string;
  agents: { name: string; host: string | null; state: string; runs: number; heartbeat_at: string | null }[];
  may_write: boolean;
}

/** A point: `info` says why it was chosen. Prior runs have no number. */
export interface Trial {
  seq: number | null;
  id: number | null;
  run: string;
  run_name: string | null;
  state: string;
  cause: string | null;
  params: Record<string, unknown> | null;
  value: number | null;
  prior: boolean;
  info: Record<string, unknown> | null;
  created_at: string;
}

export interface Importance {
  sentence: string;
  ranked: boolean;
  parameters: { name: string; importance: number; low: number; high: number; correlation: number | null }[];
}

export interface CollectionLine {
  id: number;
  name: string;
  type: string;
  kind: string;
  description: string | null;
  versions: number;
  latest: string | null;
  size_bytes: number;
  updated_at: string;
}

export interface VersionDetail extends VersionLine {
  description: string | null;
  metadata: Record<string, unknown>;
  tags: string[];
  digest: string;
  state: string;
  user: string | null;
  run_name: string | null;
  history: { version: string; aliases: string[]; created_at: string; size_bytes: number; run_name: string | null }[];
  may_write: boolean;
}

export interface EntryLine {
  path: string;
  size_bytes: number;
  digest: string;
  ref: string | null;
}

export interface LineageNode {
  id: string;
  kind: "run" | "version";
  label: string;
  detail: string;
  address: string;
  focus: boolean;
}

export interface Lineage {
  nodes: LineageNode[];
  edges: [string, string][];
  more: boolean;
}

export interface Registry {
  entity: string;
  project: string;
  title: string;
  collections: CollectionLine[];
}

/** A version in a registered collection, with what its run measured. */
export interface Registered extends VersionLine {
  linked_at: string;
  run_name: string | null;
  run_project: string | null;
  metrics: Record<string, number>;
}

export interface Move {
  at: string;
  user: string | null;
  action: string;
  detail: string;
}

export interface RegisteredDetail {
  description: string | null;
  type: string;
  may_write: boolean;
  versions: Registered[];
  moves: Move[];
}
