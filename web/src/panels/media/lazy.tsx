/** The panel of media, loaded when a page first has one: charts do not wait for it. */
import { type ComponentProps, lazy, Suspense } from "react";

const Window = lazy(() => import("./window").then((part) => ({ default: part.MediaWindow })));
const Loaded = lazy(() => import(".").then((part) => ({ default: part.MediaPanel })));

/** The same panel. */
export function MediaPanel(props: ComponentProps<typeof Loaded>) {
  return (
    <Suspense fallback={<section className="panel card"><div className="skeleton panel-skeleton" role="status" aria-label={`Loading ${props.name}`} /></section>}>
      <Loaded {...props} />
    </Suspense>
  );
}

/** The same panel over the whole window. */
export function MediaWindow(props: ComponentProps<typeof Window>) {
  return <Suspense><Window {...props} /></Suspense>;
}
