/** A figure of `wandb.Plotly`, drawn in the page's colours. */
import { useEffect, useMemo, useRef, useState } from "react";
import { useText } from "@/api/needs";
import { csvRow } from "@/lib/csv";
import { type Figure, figureCsv, figureOf, notDrawn } from "@/charts/figure";
import type { FigureHandle } from "@/charts/plotly";
import { useTheme } from "@/lib/theme";
import { Failure } from "@/ui/parts";
import { chartLook } from "../look";
import { type Give, useGive } from "./give";

interface Props {
  address: string;
  name: string;
  file: string;
  python?: () => string;
  give?: Give;
}

const toNobody: Give = () => undefined;

/** The drawing, or what to do with a figure that can't be drawn here. */
export function PlotlyFigure({ address, name, file, python, give = toNobody }: Props) {
  const text = useText(address);
  const [handle, setHandle] = useState<FigureHandle | null>(null);
  const { figure, problem } = useMemo(() => read(text.data), [text.data]);
  const missing = useMemo(() => (figure === null ? [] : notDrawn(figure)), [figure]);
  const drawable = figure !== null && missing.length === 0;
  const exports = useMemo(
    () => ({
      ...(python === undefined ? {} : { python }),
      file: { name: file, address },
      ...(handle === null ? {} : { svg: handle.svg }),
      ...(drawable ? { csv: () => figureCsv(figure, csvRow) } : {}),
    }),
    [python, file, address, handle, drawable, figure],
  );
  useGive(give, exports);
  if (text.error !== null) return <Failure error={text.error} />;
  if (problem !== null) return <Failure error={problem} />;
  if (figure === null) return <div className="skeleton panel-skeleton" role="status" aria-label={`Loading ${name}`} />;
  if (!drawable) return <p className="muted">Traces of the kind {missing.join(", ")} are not drawn here: they want three dimensions, maps or WebGL. <a href={address} download={file}>Save the figure</a> and open it with <code>plotly.io.read_json</code>.</p>;
  return <Drawing figure={figure} name={name} onHandle={setHandle} />;
}

function read(text: string | undefined): { figure: Figure | null; problem: unknown } {
  if (text === undefined) return { figure: null, problem: null };
  try {
    return { figure: figureOf(text), problem: null };
  } catch (problem) {
    return { figure: null, problem };
  }
}

function Drawing({ figure, name, onHandle }: { figure: Figure; name: string; onHandle: (handle: FigureHandle | null) => void }) {
  const plot = useRef<HTMLDivElement>(null);
  const theme = useTheme((s) => s.theme);
  const look = useTheme((s) => s.look);
  const [problem, setProblem] = useState<unknown>(null);
  const [ready, setReady] = useState(false);
  const tell = useRef(onHandle);
  tell.current = onHandle;
  useEffect(() => {
    const target = plot.current;
    if (target === null) return;
    let ended = false;
    let handle: FigureHandle | null = null;
    setProblem(null);
    import("@/charts/plotly")
      .then((part) => (ended ? null : part.drawFigure(target, figure, chartLook(theme))))
      .then(
        (made) => {
          if (ended) made?.end();
          else {
            handle = made;
            tell.current(made);
            setReady(true);
          }
        },
        (error: unknown) => !ended && setProblem(error),
      );
    const resizer = new ResizeObserver(() => handle?.resize());
    resizer.observe(target);
    return () => {
      ended = true;
      resizer.disconnect();
      tell.current(null);
      handle?.end();
    };
  }, [figure, theme, look]);
  if (problem !== null) return <Failure error={problem} />;
  return (
    <>
      {!ready && <div className="skeleton panel-skeleton" role="status" aria-label={`Loading ${name}`} />}
      <div ref={plot} className="plot figure" role="group" aria-label={`${name}: ${figure.data.length} ${figure.data.length === 1 ? "trace" : "traces"}`} />
    </>
  );
}
