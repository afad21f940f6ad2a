"""A run of somebody who means harm, in lab/hostile: a try that works calls the page `taken`."""

import json

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

with wandb.init(
    entity="lab", project="hostile", id="hostile", name=f"run {MARK}", notes=MARKDOWN, tags=["<b>tag</b>"]
) as run:
    run.log({"page": wandb.Html(PAGE, inject=False), f"loss {MARK}": 1.0})
    table = wandb.Table(columns=["text", MARK], data=[[MARK, 1], ["plain", 2]])
    run.log({"rows": table})
print(json.dumps({"run": run.id}))
