/** The news at the foot of the page. */
import { Undo2, X } from "lucide-react";
import { toastError, useToasts } from "@/lib/toasts";
import "./toasts.css";

/** All toasts in sight, the newest below. */
export function Toasts() {
  const { toasts, drop } = useToasts();
  return (
    <div className="toasts" role="region" aria-label="News" aria-live="polite">
      {toasts.map((one) => (
        <div key={one.id} className="toast" data-tone={one.tone} role={one.tone === "bad" ? "alert" : "status"}>
          <span className="grow">{one.text}</span>
          {one.undo !== undefined && (
            <button
              type="button"
              className="button"
              onClick={() => {
                drop(one.id);
                void Promise.resolve(one.undo?.()).catch(toastError);
              }}
            >
              <Undo2 size={14} />Undo
            </button>
          )}
          <button type="button" className="button quiet icon" aria-label="Dismiss" onClick={() => drop(one.id)}><X size={14} /></button>
        </div>
      ))}
    </div>
  );
}
