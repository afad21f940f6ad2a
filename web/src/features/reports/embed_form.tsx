/** Which table or artifact a block shows. */
import { useState } from "react";
import { useCollections, useProjects, useRuns } from "@/api/needs";
import type { Json } from "@/api/report_spec";
import { artifactTabs, type ArtifactTab, blockShowing, shownBy } from "@/api/weave_spec";
import { tablesOf } from "@/panels/table/found";

interface Props {
  block: Json;
  entity: string;
  project: string;
  onBlock: (block: Json) => void;
  onClose: () => void;
}

const tabNames: Record<ArtifactTab, string> = { overview: "Overview", metadata: "Metadata", usage: "Usage", files: "Files", lineage: "Lineage" };

/** A project, then one of its tables or artifacts. */
export function EmbedForm({ block, entity, project, onBlock, onClose }: Props) {
  const shown = shownBy(block);
  const [home, setHome] = useState(shown === null ? { entity, project } : { entity: shown.entity, project: shown.project });
  const [picked, setPicked] = useState<string | null>(null);
  const [tab, setTab] = useState<ArtifactTab>(shown?.kind === "artifact" ? shown.tab : "overview");
  const projects = useProjects();
  const isTable = shown?.kind === "table";
  const runs = useRuns({ ...home, limit: 200 }, isTable);
  const collections = useCollections(home.entity, home.project);
  const before = shown === null ? "" : shown.kind === "table" ? shown.key : shown.name;
  const names = isTable ? tablesOf(runs.data?.runs ?? []).map((one) => one.key) : (collections.data?.collections ?? []).filter((one) => one.type !== "run_table").map((one) => one.name);
  const name = picked ?? (before !== "" ? before : (names[0] ?? ""));
  const places = [...new Set([`${home.entity}/${home.project}`, ...(projects.data?.projects ?? []).map((one) => `${one.entity}/${one.name}`)])];
  const save = () => onBlock(isTable ? blockShowing({ kind: "table", ...home, key: name }) : shown?.kind === "file" ? blockShowing({ ...shown, ...home, name }) : blockShowing({ kind: "artifact", ...home, name, tab }));
  return (
    <div className="piece-form">
      <label className="form-row"><span>Project</span><select className="field" value={`${home.entity}/${home.project}`} onChange={(event) => { const [owner = "", of = ""] = event.target.value.split("/"); setHome({ entity: owner, project: of }); setPicked(""); }}>{places.map((one) => <option key={one}>{one}</option>)}</select></label>
      <label className="form-row"><span>{isTable ? "Table" : "Artifact"}</span><select className="field" value={name} onChange={(event) => setPicked(event.target.value)}>{[...new Set([name, ...names])].map((one) => <option key={one} value={one}>{one === "" ? "choose" : one}</option>)}</select></label>
      {shown?.kind === "artifact" && <label className="form-row"><span>Part</span><select className="field" value={tab} onChange={(event) => setTab(event.target.value as ArtifactTab)}>{artifactTabs.map((one) => <option key={one} value={one}>{tabNames[one]}</option>)}</select></label>}
      <div className="row"><button type="button" className="button primary" disabled={name === ""} onClick={save}>Show it</button><button type="button" className="button" onClick={onClose}>Cancel</button></div>
    </div>
  );
}
