"""Every address that clients print names its thing, to those who may see it and to nobody else."""

import re
from html import escape
from pathlib import Path
from posixpath import join
from urllib.parse import urljoin, urlparse

import pytest

from runstone.actions.project import create_project
from runstone.domain.artifact import CollectionKind, EdgeKind
from runstone.domain.ids import EntityId, ProjectId
from runstone.domain.viewer import NOBODY, Role
from runstone.store.opening import Store
from runstone.store.writes import Transaction
from runstone.webapi import ui
from runstone.webapi.project_pages import report_number
from runstone.webapi.ui import STATIC
from tests.conftest import NOW, People
from tests.web import BASE_URL, browser_of, client_of

VIEW_OF_REPORT = "Vmlldzox"  # View:1


@pytest.fixture
def story(store: Store, people: People) -> None:
    """A project of team lab with one of everything, its model linked in two registries."""
    home, _ = create_project(store, people.ben, "lab", "digits", NOW, description="ten of them")

    def change(tx: Transaction) -> None:
        run = tx.insert_run(
            home,
            "ab12cd34",
            NOW,
            display_name="brave <run>",
            state="finished",
            summary='{"val_acc": 0.97, "_step": 3, "nested": {"a": [1, 2]}}',
            user_id=people.ben.user_id,
        )
        tx.insert_sweep(
            home,
            "sw1",
            NOW,
            display_name="wide search",
            config_text="method: bayes",
            method="bayes",
            state="RUNNING",
            seed=1,
        )
        view = tx.insert_view(home, NOW, type="runs", name="r", display_name="What we found", spec="{}")
        assert view == 1
        kind = tx.ensure_artifact_type(home, "model", NOW)
        source = tx.insert_collection(home, kind, "cnn", CollectionKind.SEQUENCE, NOW, created_by=None)
        version = tx.insert_version(source, home, NOW, digest="d")
        tx.update_version(version, NOW, state="committed", number=0, file_count=2, size_bytes=12345)
        place = tx.insert_membership(source, version, 0, NOW, None)
        tx.set_alias(source, place, "latest", NOW)
        tx.insert_edge(run, version, EdgeKind.MADE, NOW)
        owner = tx.organization_named(people.ada, "runstone")
        assert owner is not None
        assert people.ben.user_id is not None
        tx.set_member(EntityId(owner.entity_id), people.ben.user_id, Role.MEMBER, NOW)
        for entity, name, project_kind in (
            (people.lab, "model-registry", "model-registry"),
            (EntityId(owner.entity_id), "wandb-registry-vision", "registry"),
        ):
            registry = tx.insert_project(entity, name, NOW, created_by=None, kind=project_kind)
            linked_kind = tx.ensure_artifact_type(registry, "model", NOW)
            portfolio = tx.insert_collection(
                registry, linked_kind, "MNIST_CNN", CollectionKind.PORTFOLIO, NOW, created_by=None
            )
            tx.set_alias(portfolio, tx.insert_membership(portfolio, version, 3, NOW, None), "candidate", NOW)

    store.write(change)


PAGES = [
    ("/lab", ["lab", "team", "digits"]),
    ("/lab/digits", ["digits", "ten of them", "brave &lt;run&gt;", "wide search", "cnn", "What we found"]),
    ("/lab/digits/runs/ab12cd34", ["brave &lt;run&gt;", "finished", "ben", "val_acc", "0.97", "cnn:v0"]),
    ("/lab/digits/sweeps/sw1", ["wide search", "bayes", "RUNNING"]),
    (f"/lab/digits/reports/What-we-found--{VIEW_OF_REPORT}", ["What we found", "report"]),
    ("/lab/digits/artifacts/model/cnn", ["cnn", "model artifact", "v0", "latest"]),
    ("/lab/digits/artifacts/model/cnn/v0", ["cnn:v0", "latest", "12,345", "brave &lt;run&gt;"]),
    ("/lab/registry/model", ["MNIST_CNN"]),
    ("/lab/model-registry/artifacts/model/MNIST_CNN/v3", ["MNIST_CNN:v3", "candidate", "lab/digits/cnn:v0"]),
    ("/registry/lab/model-registry/MNIST_CNN", ["MNIST_CNN", "candidate"]),
    ("/registry", ["vision"]),
    ("/registry/vision", ["vision", "MNIST_CNN"]),
    ("/orgs/runstone/registry", ["vision"]),
    ("/orgs/runstone/registry/vision", ["MNIST_CNN"]),
]

OF_REGISTERED = "/orgs/runstone/registry/{}?selectionPath=runstone%2Fwandb-registry-vision%2FMNIST_CNN{}"
OF_MODEL = "/lab/registry/model?selectionPath=lab%2Fmodel-registry%2FMNIST_CNN"
WITH_VERSION = "&view=membership&version=v3"
# What clients print and people remember of W&B's own pages, and where the same is here.
LED = [
    ("/lab/projects", "/lab"),
    ("/lab/digits/workspace?nw=nwuserben", "/lab/digits"),  # api.project(...).url
    ("/lab/digits/workspace?jupyter=true", "/lab/digits?jupyter=true"),
    ("/lab/digits/runs", "/lab/digits/table"),
    ("/lab/digits/jobs", "/lab/digits/artifacts"),  # wandb job create
    ("/lab/digits/reportlist", "/lab/digits/reports"),
    ("/lab/digits/reports/", "/lab/digits/reports"),  # of a title that begins with a `#`
    ("/lab/digits/runs/ab12cd34/workspace", "/lab/digits/runs/ab12cd34"),
    ("/lab/digits/runs/ab12cd34/logs", "/lab/digits/runs/ab12cd34?tab=logs"),
    (
        "/lab/digits/runs/ab12cd34/files/media/table",
        "/lab/digits/runs/ab12cd34?tab=files&file=media%2Ftable",
    ),
    ("/lab/digits/artifacts/model", "/lab/digits/artifacts"),
    ("/lab/digits/artifacts/model/cnn/v0/metadata", "/lab/digits/artifacts/model/cnn/v0?tab=metadata"),
    ("/lab/digits/artifacts/model/cnn/latest/graph", "/lab/digits/artifacts/model/cnn/latest"),
    (OF_MODEL + WITH_VERSION, "/lab/model-registry/artifacts/model/MNIST_CNN/v3"),  # artifact.url
    (OF_MODEL, "/registry/lab/model-registry/MNIST_CNN"),
    (
        OF_REGISTERED.format("vision", WITH_VERSION),
        "/runstone/wandb-registry-vision/artifacts/model/MNIST_CNN/v3",
    ),
    (  # clients around 0.19
        OF_REGISTERED.format("model", WITH_VERSION),
        "/runstone/wandb-registry-vision/artifacts/model/MNIST_CNN/v3",
    ),
    (OF_REGISTERED.format("vision", ""), "/registry/runstone/wandb-registry-vision/MNIST_CNN"),
]


@pytest.mark.parametrize(("path", "words"), PAGES)
@pytest.mark.usefixtures("story")
def test_a_page_names_its_thing(store: Store, people: People, path: str, words: list[str]) -> None:
    answer = client_of(store, people.keys["ben"]).get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 200
    for word in words:
        assert word in answer.text
    assert "<run>" not in answer.text
    policy = answer.headers["content-security-policy"]
    assert "unsafe-eval" not in policy
    ui_is_built = (STATIC / "index.html").is_file()
    assert "script-src 'self'" in policy if ui_is_built else "script" not in policy


@pytest.mark.parametrize(("path", "place"), LED)
@pytest.mark.usefixtures("story")
def test_an_address_of_other_pages_leads_to_ours(store: Store, people: People, path: str, place: str) -> None:
    client = client_of(store, people.keys["ben"])
    answer = client.get(path, headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["location"]) == (302, BASE_URL + place)
    assert client.get(place).status_code == 200


@pytest.mark.parametrize(
    "title",
    [
        "50% of what?",
        "Is a/b better?",
        "/root",
        "/a/b c",
        "/a/b/c/d",
        "/a/b/c/d--e/f/",
        "C#/F#",
        "a--b",
        "What & why?--",
        "ä/ö?#",
    ],
)
@pytest.mark.usefixtures("story")
def test_a_report_is_found_by_what_clients_print(store: Store, people: People, title: str) -> None:
    """They join its title, as it is but for the spaces, to the project's path, as if it were a file's name.
    `urlparse` reads the address as a browser does."""
    with store.reading() as reads:
        row = reads.project(people.ben, "lab", "digits")
    assert row is not None
    store.write(lambda tx: tx.insert_view(row.id, NOW, type="runs", name="s", display_name=title, spec="{}"))
    printed = urlparse(urljoin(BASE_URL, join("/lab/digits/reports", f"{title.replace(' ', '-')}--Vmlldzoy")))
    client = client_of(store, people.keys["ben"])
    answer = client.get(printed._replace(fragment="").geturl(), follow_redirects=True)
    assert answer.status_code == 200
    assert answer.url.path.endswith("--Vmlldzoy")
    assert f"<title>{escape(title)} (report) - Runstone</title>" in answer.text.replace("&#39;", "&#x27;")


@pytest.mark.parametrize(
    "path", [one for one, _ in [*PAGES, *LED] if one not in ("/lab", "/lab/projects", "/registry")]
)
@pytest.mark.usefixtures("story")
def test_a_stranger_sees_nothing(store: Store, people: People, path: str) -> None:
    answer = client_of(store, people.keys["eve"]).get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 404 or path == "/orgs/runstone/registry"
    for word in ("brave", "wide search", "What we found", "12,345", "candidate"):
        assert word not in answer.text
    signed_out = browser_of(store).get(path)
    if path.endswith("jupyter=true"):  # the form may not be framed
        assert signed_out.status_code == 401
        assert "You are not signed in here" in signed_out.text
        return
    assert signed_out.status_code == 303
    assert signed_out.headers["location"].startswith(f"{BASE_URL}/login?next=%2F")


@pytest.mark.usefixtures("story")
def test_a_public_project_is_seen_by_everybody(store: Store, people: People) -> None:
    with store.reading() as reads:
        row = reads.project(people.ben, "lab", "digits")
    assert row is not None
    store.write(lambda tx: tx.update_project(ProjectId(row.id), NOW, visibility="public"))
    for path in ("/lab", "/lab/digits", "/lab/digits/runs/ab12cd34"):
        assert browser_of(store).get(path).status_code == 200
    assert browser_of(store).get("/lab/registry/model").status_code == 303
    with store.reading() as reads:
        assert reads.project(NOBODY, "lab", "model-registry") is None


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/labb", "user or team labb was not found"),
        ("/lab/digit", "Did you mean &#39;digits&#39;"),
        ("/lab/digits/runs/nope", "run lab/digits/nope was not found"),
        ("/lab/digits/sweeps/sw2", "Did you mean &#39;sw1&#39;"),
        ("/lab/digits/artifacts/model/cnnn", "Did you mean &#39;cnn&#39;"),
        ("/lab/digits/artifacts/model/cnn/v9", "version lab/digits/cnn:v9 was not found"),
        ("/lab/digits/artifacts/data", "artifact type"),
        ("/lab/digits/reports/x--Vmlldzoy", "report"),
        ("/lab/digits/reports/x", "report"),
        ("/orgs/nowhere/registry/x", "organization nowhere"),
        ("/orgs/runstone/registry/x", "registry runstone/x"),
        ("/registry/nope", "registry nope"),
        ("/api/nothing", "/api/nothing"),
        ("/static/nothing.js", "/static/nothing.js"),
        ("/lab/digits/a/b/c/d/e", "/lab/digits/a/b/c/d/e"),
    ],
)
@pytest.mark.usefixtures("story")
def test_what_is_not_there(store: Store, people: People, path: str, said: str) -> None:
    answer = client_of(store, people.keys["ben"]).get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert said in answer.text


@pytest.mark.usefixtures("story")
def test_notebooks_may_frame_pages_without_forms(store: Store, people: People) -> None:
    client = client_of(store, people.keys["ben"])
    for name, status in (("ab12cd34", 200), ("nobody", 404)):
        framed = client.get(f"/lab/digits/runs/{name}?jupyter=true", headers={"Accept": "text/html"})
        assert framed.status_code == status
        assert "frame-ancestors" not in framed.headers["content-security-policy"]
        assert "<form" not in framed.text
    for path in ("/authorize?jupyter=true", "/login?jupyter=true", "/lab/digits/runs/ab12cd34"):
        assert "frame-ancestors 'none'" in client.get(path).headers["content-security-policy"]


@pytest.mark.parametrize(
    ("site", "said"),
    [("cross-site", "another site"), ("same-site", "load the notebook again"), (None, "Still not here?")],
)
@pytest.mark.usefixtures("story")
def test_a_notebook_of_nobody_says_why_and_leads_to_the_page(
    store: Store, site: str | None, said: str
) -> None:
    """The sign-in form may not be framed: a browser would show nothing but its own refusal."""
    headers = {"Accept": "text/html", **({} if site is None else {"Sec-Fetch-Site": site})}
    answer = client_of(store, None).get(
        "/lab/digits/runs/ab12cd34?tab=logs&jupyter=true", headers=headers, follow_redirects=False
    )
    assert answer.status_code == 401
    assert "frame-ancestors" not in answer.headers["content-security-policy"]
    assert "<form" not in answer.text
    assert said in answer.text
    assert '/lab/digits/runs/ab12cd34?tab=logs" target="_blank"' in answer.text


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Vmlldzox", 1),
        ("VmlldzoxMg", 12),
        ("VmlldzoxMg==", 12),
        ("UnVuOjE", None),
        ("x", None),
        ("", None),
        ("é", None),
    ],
)
def test_report_ids(text: str, number: int | None) -> None:
    assert report_number(text) == number


def test_workspace_names_its_scripts_at_once(
    store: Store, people: People, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The document of a project lists what its page needs, each file once; that of a table does not."""
    create_project(store, people.ben, "lab", "digits", NOW)
    (tmp_path / ".vite").mkdir()
    (tmp_path / ".vite" / "manifest.json").write_text(
        '{"index.html": {"file": "static/a.js"}, "p": {"file": "static/p.js", "imports": ["index.html"]},'
        '"src/features/workspace/workspace.tsx": {"file": "static/w.js", "css": ["static/w.css"],'
        ' "imports": ["p", "index.html"]}}'
    )
    (tmp_path / "index.html").write_text('<head></head><script src="./static/a.js"></script><body></body>')
    monkeypatch.setattr(ui, "STATIC", tmp_path)
    client = client_of(store, people.keys["ben"])
    page = {"Accept": "text/html"}
    text = client.get("/lab/digits", headers=page).text
    assert re.findall(r'rel="(\w+)" crossorigin href="\./static/([\w.]+)"', text) == [
        ("modulepreload", "w.js"),
        ("preload", "w.css"),
        ("modulepreload", "p.js"),
    ]
    assert "preload" not in client.get("/lab/digits/table", headers=page).text
