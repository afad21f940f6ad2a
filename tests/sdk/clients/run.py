"""A run from init to finish, and everything that `Api()` reads back and changes."""

import json
import math
import os
import sys
import time
import wave

import numpy
import PIL.Image
import wandb
from common import ME, VERSION, check, end, refused, same, step, until

if VERSION >= (0, 28):
    from wandb.apis.public.runhistory import IncompleteRunHistoryError

PROJECT = "first-steps"
settings = wandb.Settings(console="redirect" if VERSION < (0, 16) else "wrap")

if VERSION >= (0, 28):  # read at the end, when the server has sealed it
    step("log what files can hold")
    run = wandb.init(project="files", name="even", settings=settings)
    even_id = run.id
    for i in range(2500):
        run.log(
            {"loss": math.nan if i == 7 else 1 / (i + 1), "good": i % 2 == 0, "word": f"w{i % 3}", "i": i}
        )
    run.finish()

step("init")
run = wandb.init(
    project=PROJECT,
    name="first",
    notes="a note",
    tags=["red", "blue"],
    group="g1",
    job_type="train",
    config={"lr": 0.1, "layers": {"one": 16, "two": [1, 2, 3]}, "name": "Ünïcode"},
    settings=settings,
)
run_id = run.id
same(run.entity, ME)
run.config.update({"late": True})
run.define_metric("epoch")
run.define_metric("val/*", step_metric="epoch", summary="min")

step("log")
for i in range(10):
    print(f"line {i}")
    row = {
        "loss": 1 / (i + 1),
        "epoch": i // 2,
        "val/acc": 1 - i / 10,
        "nest": {"x": i, "deep": {"y": i * 2}},
    }
    if i == 3:
        row["strange"] = float("nan")
    if i == 4:
        row["strange"] = float("inf")
    run.log(row)
sys.stdout.write("progress 10%\rprogress 50%\rprogress 100%\n")
sys.stdout.flush()
print("an error line", file=sys.stderr)
if VERSION >= (0, 31):
    import plotly.graph_objects
    import tqdm

    for _ in tqdm.tqdm(range(40), desc="epochs", mininterval=0):
        time.sleep(0.005)
image = wandb.Image(numpy.full((8, 8, 3), 100, dtype=numpy.uint8), caption="grey")
table = wandb.Table(columns=["name", "value", "picture"], data=[["a", 1, image], ["b", 2, image]])
with wave.open("beep.wav", "wb") as file:
    file.setparams((1, 2, 8000, 0, "NONE", ""))
    file.writeframes(bytes(range(256)) * 4)
PIL.Image.new("RGB", (4, 4)).save(
    "film.gif", save_all=True, append_images=[PIL.Image.new("RGB", (4, 4), "red")]
)
with open("water.pdb", "w") as file:
    file.write("HETATM    1  O   HOH A   1       0.000   0.000   0.000\nEND\n")
marked = wandb.Image(
    numpy.zeros((8, 8, 3), dtype=numpy.uint8),
    boxes={
        "guess": {
            "box_data": [
                {
                    "position": {"minX": 0.1, "maxX": 0.5, "minY": 0.2, "maxY": 0.6},
                    "class_id": 1,
                    "scores": {"sure": 0.9},
                }
            ],
            "class_labels": {1: "car"},
        }
    },
    masks={"truth": {"mask_data": numpy.eye(8, dtype=numpy.uint8), "class_labels": {0: "road", 1: "car"}}},
)
films = {"film": wandb.Video("film.gif"), "beep": wandb.Audio("beep.wav", caption="high")}
if VERSION >= (0, 31):
    films["drawn"] = wandb.Plotly(
        plotly.graph_objects.Figure(plotly.graph_objects.Scatter(x=[1, 2], y=[3, 4]))
    )
run.log(
    {
        **films,
        "molecule": wandb.Molecule("water.pdb"),
        "marked": marked,
        "image": image,
        "images": [image, wandb.Image(numpy.zeros((8, 8), dtype=numpy.uint8))],
        "histogram": wandb.Histogram([1, 2, 2, 3]),
        "html": wandb.Html("<b>bold</b>"),
        "points": wandb.Object3D(numpy.ones((4, 3))),
        "table": table,
        "confusion": wandb.plot.confusion_matrix(
            y_true=[0, 1, 1], preds=[0, 1, 0], class_names=["no", "yes"]
        ),
    }
)
run.summary["best"] = {"loss": 0.1}
with open("note.txt", "w") as file:
    file.write("kept\n")
os.makedirs("sub dir", exist_ok=True)
with open("sub dir/odd %#.txt", "w") as file:
    file.write("odd\n")
run.save("note.txt")
run.save("sub dir/*")
run.alert("Loss is high", "very high", level=wandb.AlertLevel.WARN)
run.config.update({"lr": 0.2}, allow_val_change=True)
if VERSION < (0, 20):
    time.sleep(6)  # these clients debounce changes of the configuration by some seconds
run.finish()

# The newest client asks for the organization's id first and goes on without one.
step("read the run back", "OrganizationCoreWeaveOrganizationID")
api = wandb.Api()
path = f"{ME}/{PROJECT}/{run_id}"
read = api.run(path)
same(read.state, "finished")
same(read.name, "first")
same(read.notes, "a note")
same(sorted(read.tags), ["blue", "red"])
same(read.group, "g1")
same(read.job_type, "train")
same(read.config["lr"], 0.2)
same(read.config["layers"], {"one": 16, "two": [1, 2, 3]})
same(read.config["name"], "Ünïcode")
same(read.config["late"], True)
same(read.user.username, ME)
same(read.path, [ME, PROJECT, run_id])
check(read.url.endswith(f"/{ME}/{PROJECT}/runs/{run_id}"), read.url)

step("summary")
summary = read.summary
check(abs(summary["loss"] - 0.1) < 1e-9, summary["loss"])
same(dict(summary["best"])["loss"], 0.1)
same(dict(summary["val/acc"])["min"], min(1 - i / 10 for i in range(10)))
same(dict(summary["table"])["nrows"], 2)

step("history by sampling", "RunSampledHistory", "RunFullHistory")
rows = read.history(pandas=False, samples=100)
same([one["loss"] for one in rows if one.get("loss") is not None], [1 / (i + 1) for i in range(10)])
some = read.history(keys=["loss", "nest.x"], pandas=False)
same([one["nest.x"] for one in some], list(range(10)))
few = read.history(samples=3, pandas=False)
check(len(few) <= 3 or len(few) <= 4, len(few))
events = read.history(stream="events", pandas=False)
if VERSION >= (0, 29):  # it measures once at least, others only every 15 s
    check(any(key.startswith("system.") for one in events for key in one), events)

step("history by scanning", "HistoryPage", "SampledHistoryPage", "RunParquetHistory")
rows = list(read.scan_history())
same(len(rows), 11)
same([one["_step"] for one in rows], list(range(11)))
check(rows[3]["strange"] == "NaN" or math.isnan(rows[3]["strange"]), rows[3]["strange"])
check(rows[4]["strange"] == "Infinity" or math.isinf(rows[4]["strange"]), rows[4]["strange"])
same(rows[5]["nest"]["deep"]["y"] if "nest" in rows[5] else rows[5]["nest.deep.y"], 10)
same([one["loss"] for one in read.scan_history(keys=["loss"])], [1 / (i + 1) for i in range(10)])
same([one["_step"] for one in read.scan_history(keys=["_step", "loss"], min_step=2, max_step=5)], [2, 3, 4])
same(len(list(read.scan_history(page_size=3))), 11)
if hasattr(read, "beta_scan_history"):
    same(len(list(read.beta_scan_history())), 11)
if VERSION >= (0, 13):
    keys = read._attrs.get("historyKeys") if VERSION < (0, 23) else read.history_keys
    same(keys["lastStep"], 10)
    same(keys["keys"]["loss"]["typeCounts"][0]["type"], "number")
    same(read.lastHistoryStep, 10)

step("files", "CreateRunFiles")
names = {one.name: one for one in read.files()}
for name in ("note.txt", "sub dir/odd %#.txt", "config.yaml", "wandb-summary.json", "wandb-metadata.json"):
    check(name in names, name, sorted(names))
check(any(one.startswith("media/images/image_") for one in names), sorted(names))
check(any(one.startswith("media/table/table_") for one in names), sorted(names))
same(names["note.txt"].size, 5)
with names["sub dir/odd %#.txt"].download(root="down", replace=True) as file:
    same(file.read(), "odd\n")
same(read.file("note.txt").size, 5)
same(len(list(read.files(names=["note.txt"]))), 1)
same(sorted(one.name for one in read.files(per_page=2)), sorted(names))
if VERSION >= (0, 14):
    check("os" in read.metadata, read.metadata)
with read.file("output.log").download(root="down", replace=True) as file:
    console = file.read()
check("line 7" in console and "progress 100%" in console, console)
check("progress 10%" not in console or VERSION < (0, 20), console)

step("media of every kind", "RunFiles")
KINDS = {
    "film": "video-file",
    "beep": "audio-file",
    "molecule": "molecule-file",
    "marked": "image-file",
    "html": "html-file",
    "points": "object3D-file",
    "image": "image-file",
    "images": "images/separated",
    **({"drawn": "plotly-file"} if VERSION >= (0, 31) else {}),
}
row = rows[10]
same({key: row[key]["_type"] for key in KINDS}, KINDS)
media = {key: row[key]["path"] for key in KINDS if key != "images"}
media["boxes"], media["mask"] = (
    row["marked"]["boxes"]["guess"]["path"],
    row["marked"]["masks"]["truth"]["path"],
)
kept = {}
for key, name in media.items():
    check(names[name].size > 0, name)
    with names[name].download(root="media", replace=True) as file:
        pass
    with open(os.path.join("media", name), "rb") as file:
        kept[key] = file.read()
for key, name in {"beep": "beep.wav", "film": "film.gif", "molecule": "water.pdb"}.items():
    with open(name, "rb") as file:
        same(kept[key], file.read())
boxes = json.loads(kept["boxes"])["box_data"]
same((boxes[0]["class_id"], boxes[0]["position"]["maxX"], boxes[0]["scores"]), (1, 0.5, {"sure": 0.9}))
same(numpy.array(PIL.Image.open("media/" + media["mask"])).tolist(), numpy.eye(8).tolist())
check(b"bold" in kept["html"], kept["html"])
same(len(json.loads(kept["points"])), 4)
if VERSION >= (0, 31):
    same(json.loads(kept["drawn"])["data"][0]["type"], "scatter")

step("upload and delete a file", "MarkRunFilesUploaded", "deleteFiles")
with open("later.txt", "w") as file:
    file.write("later")
read.upload_file("later.txt")
later = wandb.Api().run(path).file("later.txt")
same(later.size, 5)
later.delete()
check("later.txt" not in [one.name for one in wandb.Api().run(path).files()])

if hasattr(read, "console_logs"):
    # The client sends lines with their times since the server says that it takes them so.
    step("console lines", "ServerFeaturesQuery")
    lines = [one.content for one in read.console_logs()]
    check("line 7" in lines and "progress 100%" in lines, lines)
    check("progress 10%" not in lines, lines)
    if VERSION >= (0, 31):
        bars = [one for one in lines if one.startswith("epochs:")]
        same([one[:12] for one in bars], ["epochs: 100%"])
    check(
        "line 9" in [one.content for one in read.console_logs(last=10)]
        if "last" in read.console_logs.__code__.co_varnames
        else True
    )

step("change the run")
read = api.run(path)
read.notes = "another note"
read.tags.append("green")
read.config["added"] = 7
read.summary["extra"] = 3
read.update()
if VERSION >= (0, 14):
    read.name = "renamed"
    read.update()
again = wandb.Api().run(path)
same(again.notes, "another note")
same(sorted(again.tags), ["blue", "green", "red"])
same(again.config["added"], 7)
same(again.config["lr"], 0.2)
same(again.summary["extra"], 3)

step("many runs: filters, order, pages", "Runs")
for i in range(3):
    one = wandb.init(
        project=PROJECT, name=f"many-{i}", config={"lr": 0.01 * (i + 1), "many": True}, tags=["many"]
    )
    one.log({"score": float(i)})
    one.finish()
same(
    sorted(one.name for one in api.runs(f"{ME}/{PROJECT}", filters={"config.many": True})),
    ["many-0", "many-1", "many-2"],
)
found = wandb.Api().runs(
    f"{ME}/{PROJECT}", filters={"tags": "many"}, order="-summary_metrics.score", per_page=1
)
same([one.summary["score"] for one in found], [2.0, 1.0, 0.0])
same(len(found), 3)
found = wandb.Api().runs(
    f"{ME}/{PROJECT}",
    filters={"$and": [{"config.lr": {"$gt": 0.015}}, {"config.many.value": True}]},
    order="+created_at",
)
same([one.name for one in found], ["many-1", "many-2"])
same(
    [
        one.name
        for one in wandb.Api().runs(
            f"{ME}/{PROJECT}", filters={"display_name": {"$regex": "^many-[12]"}}, order="-created_at"
        )
    ],
    ["many-2", "many-1"],
)
same(
    [
        one.name
        for one in wandb.Api().runs(
            f"{ME}/{PROJECT}", filters={"summary_metrics.score": {"$lt": 1}, "state": "finished"}
        )
    ],
    ["many-0"],
)

step("delete a run", "DeleteRun")
victim = api.runs(f"{ME}/{PROJECT}", filters={"display_name": "many-1"})[0]
victim.delete()
same(
    sorted(one.name for one in wandb.Api().runs(f"{ME}/{PROJECT}", filters={"tags": "many"})),
    ["many-0", "many-2"],
)
with refused("not find"):
    wandb.Api().run(f"{ME}/{PROJECT}/{victim.id}").load(force=True)

if VERSION >= (0, 28):
    step("history from files", "RunParquetHistory")
    even = api.run(f"{ME}/files/{even_id}")

    def exports():
        """What the client downloads, once all of it is sealed."""
        try:
            return even.download_history_exports("exports")
        except IncompleteRunHistoryError:
            return None

    done = until(exports, 90)
    same((len(done.paths), done.errors, done.contains_live_data), (1, {}, False))
    check(done.paths[0].read_bytes().startswith(b"PAR1"))
    rows = list(even.scan_history())
    same([one["_step"] for one in rows], list(range(2500)))
    same(
        {tuple(sorted(one)) for one in rows},
        {("_runtime", "_step", "_timestamp", "good", "i", "loss", "word")},
    )
    same(
        [(one["i"], one["good"], one["word"]) for one in rows],
        [(i, i % 2 == 0, f"w{i % 3}") for i in range(2500)],
    )
    same([i for i, one in enumerate(rows) if one["loss"] != 1 / (i + 1)], [7])
    same(list(even.scan_history(min_step=990, max_step=1010)), rows[990:1010])
    for cache in (True, False):  # from the file that it kept, and in ranges from the server
        some = even.scan_history(keys=["i", "word"], use_cache=cache)
        same(list(some), [{key: one[key] for key in ("_step", "word", "i")} for one in rows])

step("absent things")
with refused("not find"):
    len(wandb.Api().runs(f"{ME}/no-such-project"))

step("projects")
check(PROJECT in [one.name for one in wandb.Api().projects(ME)])
if VERSION >= (0, 16):
    wandb.Api().create_project("made-by-api", ME)
    check("made-by-api" in [one.name for one in wandb.Api().projects(ME)])
    project = wandb.Api().project("made-by-api", ME)
    same((project.entity, project.name), (ME, "made-by-api"))
end()
