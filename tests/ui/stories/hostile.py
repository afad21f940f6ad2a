"""A run of somebody who means harm, in lab/hostile: a try that works calls the page `taken`."""

import glob
import json
from pathlib import Path

import wandb

MARK = "<img src=x onerror=\"document.title='taken'\">"
MARKDOWN = f"""# Read me {MARK}
[press](javascript:document.title='taken') <script>document.title = 'taken'</script>
<svg onload="document.title='taken'"></svg> ![picture](https://elsewhere.example/x.png)"""
PAGE = """<p id="said">nothing</p><script>
const tries = [
    () => document.cookie, () => parent.document.title,
    () => localStorage.length, () => top.location.assign('/'),
];
const said = tries.map((one) => { try { return String(one()); } catch (error) { return 'refused'; } });
fetch('/api/viewer').then(() => said.push('read'), () => said.push('refused'))
    .then(() => { document.getElementById('said').textContent = said.join(' '); });
</script>"""
DRAWING = """<svg xmlns="http://www.w3.org/2000/svg" width="120" height="60"
 onload="top.document.title='taken'">
<script>top.document.title = 'taken'; fetch('/api/viewer')</script>
<foreignObject><img xmlns="http://www.w3.org/1999/xhtml" src="https://elsewhere.example/x.png"/></foreignObject>
<rect width="120" height="60" fill="teal"/></svg>"""

with wandb.init(
    entity="lab", project="hostile", id="hostile", name=f"run {MARK}", notes=MARKDOWN, tags=["<b>tag</b>"]
) as run:
    run.log({"page": wandb.Html(PAGE, inject=False), f"loss {MARK}": 1.0})
    table = wandb.Table(columns=["text", MARK], data=[[MARK, 1], ["plain", 2]])
    run.log({"rows": table})
    for name, text in (("drawing.svg", DRAWING), (f"{MARK}.txt".replace("/", ""), "plain words")):
        (Path(run.dir) / name).write_text(text)
        run.save(str(Path(run.dir) / glob.escape(name)), base_path=run.dir, policy="now")
print(json.dumps({"run": run.id}))
