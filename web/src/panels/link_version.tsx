/** The form that puts a version into a registered collection. */
import { useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useLinkVersion } from "@/api/artifacts";
import { useRegistries } from "@/api/needs";
import { toast } from "@/lib/toasts";
import { Failure } from "@/ui/parts";

interface Props {
  entity: string;
  project: string;
  collection: string;
  version: string;
  type: string;
  onDone: () => void;
}

const usual = ["candidate", "to_evaluate", "production"];

/** Registry, collection (one that is there, or a new name) and aliases. */
export function LinkVersionForm({ entity, project, collection, version, type, onDone }: Props) {
  const registries = useRegistries();
  const link = useLinkVersion(entity, project, collection, version);
  const navigate = useNavigate();
  const homes = useMemo(() => {
    const known = registries.data?.registries ?? [];
    const own = { entity, project: "model-registry", title: "Model registry", collections: [] };
    return known.some((one) => one.entity === entity && one.project === "model-registry") ? known : [own, ...known];
  }, [registries.data, entity]);
  const [home, setHome] = useState(0);
  const [name, setName] = useState<string | null>(null);
  const [aliases, setAliases] = useState<string[]>(["candidate"]);
  const [other, setOther] = useState("");
  const chosen = homes[home] ?? homes[0];
  const fitting = chosen?.collections.filter((one) => one.type === type) ?? [];
  const target = name ?? fitting[0]?.name ?? "";
  const toggle = (alias: string) => setAliases((now) => (now.includes(alias) ? now.filter((one) => one !== alias) : [...now, alias]));
  return (
    <form className="link-form" onSubmit={(event) => {
      event.preventDefault();
      if (chosen === undefined) return;
      const all = [...aliases, ...other.split(/[\s,]+/).filter(Boolean)];
      link.mutate({ entity: chosen.entity, project: chosen.project, collection: target, aliases: all }, {
        onSuccess: (linked) => {
          toast(`${collection}:${version} is ${linked.collection}:${linked.version} now.`);
          onDone();
          void navigate({ to: "/registry/$entity/$project/$name", params: { entity: linked.entity, project: linked.project, name: linked.collection } });
        },
      });
    }}>
      <p className="muted">{collection}:{version} stays where it is; the registry gets a link to it with a number of its own.</p>
      <label>Registry<select className="field" value={home} onChange={(event) => { setHome(Number(event.target.value)); setName(null); }}>{homes.map((one, i) => <option key={`${one.entity}/${one.project}`} value={i}>{one.title} · {one.entity}</option>)}</select></label>
      <label>Registered name<input className="field" list="registered-names" required value={target} placeholder="MNIST_CNN" onChange={(event) => setName(event.target.value)} /><datalist id="registered-names">{fitting.map((one) => <option key={one.id}>{one.name}</option>)}</datalist></label>
      <fieldset><legend>Aliases</legend>
        <div className="row wrap">{usual.map((alias) => <button key={alias} type="button" className="chip" aria-pressed={aliases.includes(alias)} onClick={() => toggle(alias)}>{alias}</button>)}<input className="field" aria-label="Other aliases" placeholder="others" value={other} onChange={(event) => setOther(event.target.value)} style={{ width: 110, height: 26 }} /></div>
      </fieldset>
      {link.error !== null && <Failure error={link.error} />}
      <div className="row"><span className="grow" /><button type="button" className="button" onClick={onDone}>Not now</button><button type="submit" className="button primary" disabled={link.isPending || target.trim() === ""}>Link</button></div>
    </form>
  );
}
