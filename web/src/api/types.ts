/** Shapes of the server's answers, by the names of its description. `schema.d.ts` is made from it. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Session = Schemas["Session"];
export type ProjectLine = Schemas["ProjectLine"];
export type RunLine = Schemas["RunLine"];
export type ViewLine = Schemas["ViewLine"];
export type ViewDetail = Schemas["ViewDetail"];
export type RunColumn = Schemas["RunColumn"];
export type SearchHit = Schemas["Hit"];
export type NewKey = Schemas["NewKey"];
export type RunTable = Schemas["RunTable"];
export type RunColumns = Schemas["RunColumns"];
export type RunPage = Schemas["RunPage"];
export type KeyLine = Schemas["KeyLine"];
export type Series = Schemas["SeriesLine"];
export type RunDetail = Schemas["RunDetail"];
export type ConsoleMatches = Schemas["ConsoleMatches"];
export type PrintedBy = Schemas["PrintedBy"];
export type ConsoleLine = Schemas["ConsoleLine"];
export type FileLine = Schemas["FileLine"];
export type VersionLine = Schemas["VersionLine"];
export type SweepMetric = Schemas["MetricBody"];
export type SweepLine = Schemas["SweepLine"];
export type SweepDetail = Schemas["SweepDetail"];
export type SweepParameter = Schemas["ParameterBody"];
export type Trial = Schemas["TrialBody"];
export type CollectionLine = Schemas["CollectionLine"];
export type VersionDetail = Schemas["VersionDetail"];
export type EntryLine = Schemas["EntryLine"];
export type LineageNode = Schemas["LineageNode"];
export type Lineage = Schemas["Lineage"];
export type Registry = Schemas["Registry"];
export type Registered = Schemas["Registered"];
export type Move = Schemas["Move"];
export type RegisteredDetail = Schemas["RegisteredDetail"];
