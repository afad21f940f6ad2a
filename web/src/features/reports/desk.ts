/** What the pieces of an editor know of the report that they stand in. */
import { createContext } from "react";

export interface Desk {
  entity: string;
  project: string;
}

export const DeskContext = createContext<Desk>({ entity: "", project: "" });
