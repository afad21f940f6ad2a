/** Whether the server answers, and whether news of the project arrives. What was read before stays in sight. */
import { create } from "zustand";

interface Connection {
  reachable: boolean;
  /** null where no page listens for news. */
  live: boolean | null;
  /** Grows each time the server is back after silence. */
  returns: number;
}

export const useConnection = create<Connection>(() => ({ reachable: true, live: null, returns: 0 }));

/** The server has answered. */
export function answered(): void {
  if (!useConnection.getState().reachable) useConnection.setState((now) => ({ reachable: true, returns: now.returns + 1 }));
}

/** A request found nobody. */
export function unanswered(): void {
  if (useConnection.getState().reachable) useConnection.setState({ reachable: false });
}
