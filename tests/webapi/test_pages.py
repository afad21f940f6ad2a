"""Every address that clients print names its thing, to those who may see it and to nobody else."""

import pytest

from runstone.actions.project import create_project
from runstone.domain.artifact import CollectionKind, EdgeKind
from runstone.domain.ids import EntityId, ProjectId
from runstone.domain.viewer import NOBODY, Role
from runstone.store.opening import Store
from runstone.store.writes import Transaction
from runstone.webapi.project_pages import report_number
from runstone.webapi.ui import STATIC, pages_of_ui
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


def draws_ui(path: str) -> bool:
    """Whether the built UI, where there is one, draws this address."""
    return (STATIC / "index.html").is_file() and pages_of_ui(path.partition("?")[0])


PAGES = [
    ("/lab", ["lab", "team", "digits"]),
    ("/lab/digits", ["digits", "ten of them", "brave &lt;run&gt;", "wide search", "cnn", "What we found"]),
    ("/lab/digits/workspace?nw=nwuserben", ["digits", "project, workspace"]),
    ("/lab/digits/runs/ab12cd34", ["brave &lt;run&gt;", "finished", "ben", "val_acc", "0.97", "cnn:v0"]),
    ("/lab/digits/runs/ab12cd34/logs", ["brave &lt;run&gt;"]),
    ("/lab/digits/runs/ab12cd34/files/media/table", ["brave &lt;run&gt;"]),
    ("/lab/digits/sweeps/sw1", ["wide search", "bayes", "RUNNING"]),
    (f"/lab/digits/reports/What-we-found--{VIEW_OF_REPORT}", ["What we found", "report"]),
    ("/lab/digits/artifacts/model", ["model", "cnn"]),
    ("/lab/digits/artifacts/model/cnn", ["cnn", "model artifact", "v0", "latest"]),
    ("/lab/digits/artifacts/model/cnn/v0", ["cnn:v0", "latest", "12,345", "brave &lt;run&gt;"]),
    ("/lab/digits/artifacts/model/cnn/latest/files", ["cnn:v0"]),
    ("/lab/registry/model", ["MNIST_CNN"]),
    (
        "/lab/registry/model?selectionPath=lab%2Fmodel-registry%2FMNIST_CNN&view=membership&version=v3",
        ["MNIST_CNN:v3", "candidate", "lab/digits/cnn:v0"],
    ),
    ("/registry", ["vision"]),
    ("/registry/vision", ["vision", "MNIST_CNN"]),
    ("/orgs/runstone/registry", ["vision"]),
    ("/orgs/runstone/registry/vision", ["MNIST_CNN"]),
    (
        "/orgs/runstone/registry/vision?selectionPath=runstone%2Fwandb-registry-vision%2FMNIST_CNN&version=v3",
        ["MNIST_CNN:v3", "candidate"],
    ),
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
    assert "script-src 'self'" in policy if draws_ui(path) else "script" not in policy


@pytest.mark.parametrize("path", [path for path, _ in PAGES if path not in ("/lab", "/registry")])
@pytest.mark.usefixtures("story")
def test_a_stranger_sees_nothing(store: Store, people: People, path: str) -> None:
    answer = client_of(store, people.keys["eve"]).get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 404 or path == "/orgs/runstone/registry"
    for word in ("brave", "wide search", "What we found", "12,345", "candidate"):
        assert word not in answer.text
    signed_out = browser_of(store).get(path)
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
    framed = client.get("/lab/digits/runs/ab12cd34?jupyter=true")
    assert "frame-ancestors *" in framed.headers["content-security-policy"]
    assert "<form" not in framed.text
    assert (
        "frame-ancestors 'none'" in client.get("/authorize?jupyter=true").headers["content-security-policy"]
    )


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
