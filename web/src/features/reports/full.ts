/** The panel of a report that fills the window. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { linkTo } from "@/lib/panels";

/** Which panel fills the window: it is named in the address, so that a link opens the report with it. */
export function useFull(): [string | undefined, (id: string | undefined) => void] {
  const search: { panel?: string | undefined } = useSearch({ strict: false });
  const navigate = useNavigate();
  return [search.panel, (panel) => void navigate({ to: ".", search: (now: Record<string, unknown>) => ({ ...now, panel }), replace: true, resetScroll: false })];
}

/** The address of the report as readers see it, with a panel over it. */
export function addressOf(id: string): string {
  const there = new URL(linkTo(id));
  there.searchParams.delete("edit");
  return there.href;
}
