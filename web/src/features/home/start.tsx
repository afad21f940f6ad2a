/** An empty server, alive: the address, a key, lines to copy, and a watch for the first run. */
import { useNavigate } from "@tanstack/react-router";
import { ArrowLeft, KeyRound } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useMakeKey, useProjects } from "@/api/needs";
import type { ProjectLine } from "@/api/types";
import { toastError } from "@/lib/toasts";
import { Code } from "@/ui/parts";
import { snippets } from "./snippets";

const LOOK_MS = 500;

function Key({ address }: { address: string }) {
  const make = useMakeKey();
  if (make.data !== undefined) {
    return (
      <>
        <p>This key is shown once. Paste these lines into the shell that runs your script:</p>
        <Code text={`pip install wandb\nexport WANDB_BASE_URL=${address}\nexport WANDB_API_KEY=${make.data.key}`} />
      </>
    );
  }
  return (
    <>
      <div className="row start-key">
        <button type="button" className="button primary" disabled={make.isPending} onClick={() => make.mutate("start page", { onError: toastError })}><KeyRound size={14} />Make an API key</button>
        <span className="muted">or let the client ask you for one:</span>
      </div>
      <Code text={`pip install wandb\nwandb login --host ${address}`} />
    </>
  );
}

interface Props {
  address: string;
  person: string;
  known: ProjectLine[];
  /** Present where there are projects to go back to. */
  onBack?: () => void;
}

/** The page turns into the project as soon as its first run is there. */
export function Start({ address, person, known, onBack }: Props) {
  const navigate = useNavigate();
  const [way, setWay] = useState(snippets[0]?.id);
  const chosen = snippets.find((one) => one.id === way) ?? snippets[0];
  const { data, refetch } = useProjects();
  const before = useRef(new Map(known.map((one) => [one.id, one.runs])));
  useEffect(() => {
    const timer = setInterval(() => void refetch(), LOOK_MS);
    return () => clearInterval(timer);
  }, [refetch]);
  const found = data?.projects.find((one) => one.runs > (before.current.get(one.id) ?? 0));
  useEffect(() => {
    if (found !== undefined) void navigate({ to: "/$entity/$project", params: { entity: found.entity, project: found.name } });
  }, [found, navigate]);
  return (
    <div className="start">
      {onBack !== undefined && <button type="button" className="button quiet start-back" onClick={onBack}><ArrowLeft size={14} />Projects</button>}
      <h1>{onBack === undefined ? "Log your first run" : "Log a run"}</h1>
      <p className="start-lead">Any script that uses <code>wandb</code> can log to this server. Nothing in the script changes.</p>
      <ol className="start-steps">
        <li>
          <h2>Point the client here</h2>
          <Key address={address} />
        </li>
        <li>
          <h2>Run something</h2>
          <div role="tablist" aria-label="Kind of program" className="tabs start-tabs">
            {snippets.map((one) => (
              <button key={one.id} type="button" role="tab" aria-selected={one.id === chosen?.id} onClick={() => setWay(one.id)}>{one.label}</button>
            ))}
          </div>
          {chosen !== undefined && (
            <>
              <p className="muted">{chosen.about}</p>
              {chosen.files.map((file) => (
                <div key={file.name}>
                  <div className="start-file mono muted">{file.name}</div>
                  <Code text={file.text(address, person)} />
                </div>
              ))}
            </>
          )}
        </li>
      </ol>
      <div className="card start-wait" role="status">
        <i aria-hidden="true" />
        <span><b>Waiting for your {onBack === undefined ? "first" : "next"} run.</b> <span className="muted">This page becomes its chart within a second of the first point.</span></span>
      </div>
    </div>
  );
}
