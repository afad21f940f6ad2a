"""Who sees what: every address that reads, three accounts and nobody, three kinds of projects.

Each project carries a word that stands in whatever it holds. Who may not read the project must
be refused, and must not find its word in any answer. A new address fails here until it has a
line in one of the tables.
"""

import hashlib
import inspect
import json
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass, is_dataclass
from typing import Any

import pytest
from starlette.testclient import TestClient

from runstone.actions.blob import receive_run_file
from runstone.actions.history import Post, receive
from runstone.actions.project import create_project
from runstone.actions.run import RunChange, upsert_run
from runstone.actions.sweep import create_sweep
from runstone.actions.view import create_chart, save_view
from runstone.domain.history import Chunk, Stream
from runstone.domain.viewer import Viewer
from runstone.store.opening import Store
from runstone.store.reads import Reads
from runstone.webapi.app import described
from runstone.webapi.artifact_pages import router as artifact_pages
from runstone.webapi.project_pages import router as project_pages
from runstone.wire import routes
from runstone.wire.graphql.executor import schema
from runstone.wire.ids import wire_id
from tests.artifacts import log_version
from tests.conftest import NOW, People
from tests.web import client_of

slow = pytest.mark.slow  # some two thousand requests; that each address has its line is seen at once

VISIBILITIES = ("private", "open", "public")
READERS = {
    "private": {"ben", "ada"},
    "open": {"ben", "ada", "eve"},
    "public": {"ben", "ada", "eve", "nobody"},
}
REFUSED = {401, 403, 404}


@dataclass(frozen=True)
class Home:
    """A project with one of everything. `word` stands in all of it."""

    name: str
    word: str
    run: int
    version: int
    view: int
    sweep: str
    client_id: str

    def __str__(self) -> str:
        return self.name


def make_home(store: Store, ben: Viewer, visibility: str) -> Home:
    """A project of the team, filled by one of its members."""
    name, word = f"p-{visibility}", f"word{visibility}"
    client_id = hashlib.sha512(name.encode()).hexdigest()
    create_project(store, ben, "lab", name, NOW, visibility="private", description=word)
    change = RunChange(
        entity="lab",
        project=name,
        name="r",
        display_name=word,
        notes=word,
        tags=(word,),
        config=json.dumps({word: {"value": 1}}),
    )
    run, _ = upsert_run(store, ben, change, NOW)
    rows = (json.dumps({"loss": 1, word: 2, "_step": 0}),)
    chunks = (Chunk(Stream.HISTORY, 0, rows), Chunk(Stream.CONSOLE, 0, (f"{word} printed",)))
    receive(store, ben, "lab", name, "r", Post(chunks), NOW).result()
    upload = store.blobs.begin()
    upload.write(word.encode())
    receive_run_file(store, ben, run, f"{word}.txt", upload, NOW)
    version, _ = log_version(
        store,
        ben,
        {f"{word}.bin": word.encode()},
        project_name=name,
        run_name="r",
        description=word,
        client_id=client_id,
    )
    text = f"method: random\ndescription: {word}\nparameters: {{{word}: {{min: 0.0, max: 1.0}}}}"
    sweep, _ = create_sweep(store, ben, "lab", name, text, NOW)
    view, _ = save_view(
        store, ben, NOW, entity_name="lab", project_name=name, type="runs", display_name=word, spec="{}"
    )
    with store.reading() as reads:
        row = reads.sweep(ben, sweep)
    assert row is not None
    return Home(name, word, int(run), int(version), int(view), row.name, client_id)


@pytest.fixture
def homes(store: Store, people: People) -> dict[str, Home]:
    """One project of each visibility."""
    made = {one: make_home(store, people.ben, one) for one in VISIBILITIES}
    create_chart(
        store, people.ben, "lab", "c", NOW, display_name="c", chart_type="vega2", access="PRIVATE", spec="{}"
    )
    for visibility, home in made.items():
        create_project(store, people.ada, "lab", home.name, NOW, visibility=visibility)
    return made


@pytest.fixture
def accounts(store: Store, people: People) -> dict[str, TestClient]:
    """Ada administers, ben is of the team, eve is of nothing, nobody is not signed in."""
    found = {name: client_of(store, people.keys[name]) for name in ("ada", "ben", "eve")}
    return {**found, "nobody": client_of(store)}


# --- addresses of /api ------------------------------------------------------------------------

P, R, S = "/{entity}/{project}", "/{entity}/{project}/{run}", "/{entity}/{project}/{name}"
V = "/{entity}/{project}/{collection}/{version}"
Fill = Callable[[Home], str]

# What an address of one project is asked with beside its names.
OF_A_PROJECT: dict[str, Fill] = {
    f"/api/projects{P}": lambda _: "",
    f"/api/projects{P}/members": lambda _: "",
    f"/api/projects{P}/changes": lambda _: "",
    f"/api/projects{P}/activity": lambda _: "",
    f"/api/runs{R}": lambda _: "",
    f"/api/runs{R}/rows": lambda home: f"?key={home.word}",
    f"/api/runs{R}/console": lambda _: "",
    f"/api/runs{R}/console/news": lambda _: "?cursor=0&total=0",
    f"/api/runs{R}/console/processes": lambda _: "",
    f"/api/runs{R}/console/search": lambda home: f"?text={home.word}",
    f"/api/runs{R}/console/text": lambda _: "",
    f"/api/runs{R}/files": lambda _: "",
    f"/api/runs{R}/files/{{name}}": lambda _: "",
    f"/api/runs{R}/artifacts": lambda _: "",
    "/api/media/run/{run_id}/{name}": lambda _: "",
    "/api/media/version/{version_id}/{name}": lambda _: "",
    "/api/media/client/{client_id}/{name}": lambda _: "",
    "/api/media/folder/{kind}/{owner}/{folder}": lambda _: "",
    f"/api/artifacts{P}": lambda _: "",
    f"/api/collections{P}/{{collection}}/deletion": lambda _: "",
    f"/api/artifacts{V}": lambda _: "",
    f"/api/artifacts{V}/files": lambda _: "",
    f"/api/artifacts{V}/lineage": lambda _: "",
    f"/api/artifacts{V}/deletion": lambda _: "",
    f"/api/registries{P}/{{collection}}": lambda _: "",
    "/api/runs": lambda home: f"?entity=lab&project={home}&column=notes",
    "/api/runs/columns": lambda home: f"?entity=lab&project={home}",
    f"/api/retention{P}": lambda _: "",
    "/api/views/{number}/links": lambda _: "",
    f"/api/reports{P}": lambda _: "",
    f"/api/reports{P}/{{number}}": lambda _: "",
    f"/api/storage{P}": lambda _: "",
    f"/api/sweeps{P}": lambda _: "",
    f"/api/sweeps{S}": lambda _: "",
    f"/api/sweeps{S}/trials": lambda _: "",
    f"/api/sweeps{S}/history": lambda _: "",
    f"/api/sweeps{S}/importance": lambda _: "",
    f"/api/sweeps{S}/recommendation": lambda _: "",
    f"/api/views{P}": lambda _: "?kind=runs",
    "/api/views/{number}": lambda _: "",
}
# Who reads must meet all: what they see differs. `{word}` is searched for where one can.
FOR_EVERYBODY = [
    "/api/session",
    "/api/account",
    "/api/teams",
    "/api/projects",
    "/api/storage",
    "/api/search?q={word}",
    "/api/registries",
]
FOR_MEMBERS = ["/api/teams/lab", "/api/charts/lab/c"]
FOR_ADMINISTRATORS = ["/api/admin/users", "/api/admin/jobs", "/api/admin/health"]
# Never ends for those who may; see `test_news_are_for_readers`. Not there for anybody: no trial, no link.
APART = {"/api/stream", f"/api/sweeps{S}/explain/{{run}}", "/api/shared/{token}"}

Body = Callable[[Home], dict[str, Any]]
PANEL: Body = lambda home: {"entity": "lab", "project": home.name, "runs": [home.run], "key": home.word}  # noqa: E731
SELECTION: Body = lambda home: {"entity": "lab", "project": home.name}  # noqa: E731
QUESTIONS: dict[str, Body] = {
    "/api/series": lambda home: {"panels": [PANEL(home)]},
    "/api/series/frame": lambda home: {"panels": [PANEL(home)]},
    "/api/series/fresh": lambda home: {
        **SELECTION(home),
        "keys": [home.word],
        "after": {str(home.run): {"epoch": 0, "line": 0}},
    },
    "/api/series/groups": lambda home: {
        "panels": [{**SELECTION(home), "groups": [[home.run]], "key": home.word}]
    },
    "/api/runs/query": SELECTION,
    "/api/runs/table": lambda home: {**SELECTION(home), "columns": ["notes"]},
    "/api/runs/groups": lambda home: {**SELECTION(home), "by": ["notes"]},
    "/api/runs/differences": lambda home: {**SELECTION(home), "runs": [home.run]},
    "/api/storage/freed": lambda home: {**SELECTION(home), "whole": True},
}


def filled(template: str, home: Home) -> str:
    """An address of things of that project."""
    name = {"/api/sweeps": home.sweep, "/api/media": f"{home.word}.bin"}.get(
        "/".join(template.split("/")[:3]), f"{home.word}.txt"
    )
    if template.startswith("/api/media/run"):
        name = f"{home.word}.txt"
    return template.format(
        entity="lab",
        project=home.name,
        run="r",
        name=name,
        run_id=home.run,
        version_id=home.version,
        client_id=home.client_id,
        collection="cnn",
        version="v0",
        number=home.view,
        kind="version",
        owner=home.version,
        folder="folder",
    )


def wrong(who: str, visibility: str, home: Home, answer: Any) -> Iterator[str]:
    """What an answer about a project shows to the wrong person, or keeps from the right one."""
    where = f"{who}, {visibility}: {answer.request.method} {answer.request.url} -> {answer.status_code}"
    if who in READERS[visibility]:
        if answer.status_code != 200:
            yield f"{where}, expected 200: {answer.text[:200]}"
    elif answer.status_code not in REFUSED:
        yield f"{where}, expected a refusal: {answer.text[:200]}"
    elif home.word in answer.text.replace(f"'{answer.request.url.path.rpartition('/')[2]}'", ""):
        yield f"{where}, but it names what is in there: {answer.text[:200]}"


def test_every_address_has_a_line() -> None:
    """Each GET of the description, and the questions that are asked by POST."""
    lists = [one.partition("?")[0] for one in FOR_EVERYBODY + FOR_ADMINISTRATORS]
    known = {*OF_A_PROJECT, *lists, "/api/teams/{name}", "/api/charts/{entity}/{name}", *APART}
    assert {path for path, one in described()["paths"].items() if "get" in one} == known


@slow
def test_addresses_of_a_project(homes: dict[str, Home], accounts: dict[str, TestClient]) -> None:
    found: list[str] = []
    for visibility, home in homes.items():
        for who, client in accounts.items():
            for template, more in OF_A_PROJECT.items():
                answer = client.get(filled(template, home) + more(home))
                found += wrong(who, visibility, home, answer)
            for address, body in QUESTIONS.items():
                found += wrong(who, visibility, home, client.post(address, json=body(home)))
    assert not found, "\n".join(found)


@slow
def test_lists_show_what_one_may_read(homes: dict[str, Home], accounts: dict[str, TestClient]) -> None:
    found: list[str] = []
    for who, client in accounts.items():
        for address in FOR_EVERYBODY:
            for visibility, home in homes.items():
                answer = client.get(address.format(word=home.word))
                if who not in READERS[visibility] and home.word in answer.text.replace(f'"{home.word}"', ""):
                    found.append(f"{who}: {address} shows the {visibility} project: {answer.text[:200]}")
                if who not in READERS[visibility] and home.name in answer.text:
                    found.append(f"{who}: {address} names the {visibility} project: {answer.text[:200]}")
    for who, client in accounts.items():
        for addresses, allowed in ((FOR_MEMBERS, {"ada", "ben"}), (FOR_ADMINISTRATORS, {"ada"})):
            for address in addresses:
                status = client.get(address).status_code
                if (status == 200) != (who in allowed) or (status != 200 and status not in REFUSED):
                    found.append(f"{who}: {address} -> {status}")
    assert not found, "\n".join(found)


@slow
def test_news_are_for_readers(homes: dict[str, Home], accounts: dict[str, TestClient]) -> None:
    """The stream of changes is refused before it begins."""
    for visibility, home in homes.items():
        for who in accounts.keys() - READERS[visibility]:
            answer = accounts[who].get(f"/api/stream?entity=lab&project={home}")
            assert answer.status_code in REFUSED, (who, visibility)


# --- reads ------------------------------------------------------------------------------------


def known_of(home: Home, store: Store, ben: Viewer) -> dict[str, Any]:
    """What a read is asked with, by the names of its arguments: the things of that project."""
    with store.reading() as reads:
        project = reads.project(ben, "lab", home.name)
        version = reads.version(ben, home.version)
        assert project is not None
        assert version is not None
        sweep = reads.sweep_named(ben, project.id, home.sweep)
        assert sweep is not None
        place = reads.membership_by_alias(ben, version.collection_id, "latest")
        assert place is not None
    return {
        "project_id": project.id,
        "project_ids": [project.id],
        "run_id": home.run,
        "run_ids": [home.run],
        "version_id": home.version,
        "collection_id": version.collection_id,
        "membership_id": place.id,
        "view_id": home.view,
        "sweep_id": sweep.id,
        "client_id": home.client_id,
        "limit": 10,
    }


def says_something(answer: Any) -> bool:
    """Whether a read has found anything; sums of nothing are zeros."""
    return any(astuple(answer)) if is_dataclass(answer) else bool(answer)  # type: ignore[arg-type]


@slow
def test_every_read_of_a_thing_knows_its_viewer(homes: dict[str, Home], store: Store, people: People) -> None:
    """Beneath the doors, too: whoever asks the store for what belongs to a private project gets nothing."""
    known = known_of(homes["private"], store, people.ben)
    shown, found = set(), []
    for name, read in inspect.getmembers(Reads, inspect.isfunction):
        words = list(inspect.signature(read).parameters.values())[1:]
        needed = [one.name for one in words[1:] if one.default is one.empty]
        if name.startswith("_") or not words or words[0].name != "viewer" or not needed:
            continue
        if set(needed) <= known.keys() and set(needed) != {"limit"}:
            given = {one: known[one] for one in needed}
            with store.reading() as reads:
                if getattr(reads, name)(people.ben, **given):
                    shown.add(name)
                found += [
                    f"{name} for {viewer.username or 'nobody'}: {answer!r}"
                    for viewer in (people.eve, people.nobody)
                    if says_something(answer := getattr(reads, name)(viewer, **given))
                ]
    assert not found, "\n".join(found)
    assert len(shown) > 20, shown


# --- pages ------------------------------------------------------------------------------------

SECTIONS = {
    "{section}": "runs",
    "{section:path}": "files",
    "{run_id}": "r",
    "{type_name}": "model",
    "{version}": "v0",
}
ENTITY_PAGES = {"/", "/{entity}", "/registry", "/registry/{name}"}
ENTITY_PAGES |= {"/orgs/{organization}/registry", "/orgs/{organization}/registry/{name}"}
ENTITY_PAGES |= {"/{entity}/registry/model"}


def page_of(template: str, home: Home) -> str:
    """A page about things of that project."""
    slug = wire_id("View", home.view).rstrip("=")
    for part, value in {
        "{section}/{rest:path}--{code}": f"a/b/c--{slug}",
        **SECTIONS,
        "{entity}": "lab",
        "{project}": home.name,
        "{slug:path}": f"x--{slug}",
        "{name}": home.sweep if "/sweeps/" in template else "cnn",
    }.items():
        template = template.replace(part, value)
    return template


@slow
def test_pages(homes: dict[str, Home], accounts: dict[str, TestClient]) -> None:
    routes: list[Any] = [*project_pages.routes, *artifact_pages.routes]
    paths = [one.path for one in routes]
    assert set(paths) >= ENTITY_PAGES
    found: list[str] = []
    for visibility, home in homes.items():
        for who, client in accounts.items():
            for template in paths:
                if template in ENTITY_PAGES:
                    continue
                answer = client.get(
                    page_of(template, home), headers={"Accept": "application/json"}, follow_redirects=True
                )
                found += wrong(who, visibility, home, answer)
            for template in ("/", "/lab", "/registry"):
                answer = client.get(template)
                if who not in READERS[visibility] and home.name in answer.text:
                    found.append(f"{who}: {template} names the {visibility} project")
    assert not found, "\n".join(found)


# --- GraphQL ----------------------------------------------------------------------------------

INSIDE = """{
  description
  runs(first: 5) { edges { node { displayName notes tags config summaryMetrics history
    historyKeys files { edges { node { name } } } outputArtifacts { edges { node { description } } } } } }
  run(name: "r") { displayName }
  sweeps { edges { node { name config } } }
  allViews(viewType: "runs") { edges { node { displayName spec } } }
  artifact(name: "cnn:v0") { description files { edges { node { name } } } }
  artifactTypes { edges { node { name } } }
  artifactCollections { edges { node { name artifacts { edges { node { description } } } } } }
}"""
Query = Callable[[Home], str]
# The fields from which a client sets out; each answers with what the project holds, or with nothing.
FIELDS: dict[str, Query] = {
    "project": lambda home: f'project(entityName: "lab", name: "{home}") {INSIDE}',
    "model": lambda home: f'model(entityName: "lab", name: "{home}") {INSIDE}',
    "models": lambda _: f'models(entityName: "lab") {{ edges {{ node {INSIDE} }} }}',
    "entity": lambda home: (
        f'entity(name: "lab") {{ project(name: "{home}") {INSIDE} projects {{ edges {{ node {INSIDE} }} }} }}'
    ),
    "artifact": lambda home: (
        f'artifact(id: "{wire_id("Artifact", home.version)}") '
        "{ description files { edges { node { name } } } currentManifest { file { directUrl } } }"
    ),
    "artifactCollection": lambda home: (
        f'artifactCollection(id: "{wire_id("ArtifactCollection", 1)}") {{ project {INSIDE} }}'
    ),
    "clientIDMapping": lambda home: f'clientIDMapping(clientID: "{home.client_id}") {{ serverID }}',
    "view": lambda home: f'view(id: "{wire_id("View", home.view)}") {{ displayName spec project {INSIDE} }}',
    "viewer": lambda _: "viewer { username }",
    "user": lambda _: 'user(username: "ben") { username }',
    "users": lambda _: "users { edges { node { username } } }",
    "organization": lambda _: (
        f'organization(name: "runstone") {{ orgEntity {{ projects {{ edges {{ node {INSIDE} }} }} }} '
        f"teams {{ projects {{ edges {{ node {INSIDE} }} }} }} }}"
    ),
    "serverInfo": lambda _: "serverInfo { __typename }",
}
SHOWS = {"project", "model", "models", "entity", "artifact", "view"}  # the word, to those who may read it


@slow
def test_graphql(
    homes: dict[str, Home], accounts: dict[str, TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "EARLY_S", 0.0)
    assert set(schema().query_type.fields) == set(FIELDS)  # type: ignore[union-attr]
    found: list[str] = []
    for visibility, home in homes.items():
        for who, client in accounts.items():
            for field, query in FIELDS.items():
                answer = client.post("/graphql", json={"query": f"{{ {query(home)} }}"})
                shown = home.word in answer.text
                where = f"{who}, {visibility}: {field} -> {answer.status_code} {answer.text[:300]}"
                if shown and who not in READERS[visibility]:
                    found.append(f"{where}, expected nothing of it")
                if answer.status_code == 400:
                    found.append(f"{where}, expected a query that this server knows")
                readers = READERS[visibility] - {"nobody"}  # this door is for keys alone
                if not shown and who in readers and field in SHOWS:
                    found.append(f"{where}, expected the project's word")
                if field == "clientIDMapping" and who not in READERS[visibility]:
                    assert wire_id("Artifact", home.version) not in answer.text
    assert not found, "\n".join(found)
