"""People are made, changed and removed by administrators alone."""

from datetime import timedelta
from pathlib import Path

import pytest

from runstone.actions.project import create_project
from runstone.actions.sign_in import sign_in_with_password, viewer_of_key
from runstone.actions.user import delete_user, put_user
from runstone.domain.errors import Conflict, Denied, Invalid, RunstoneError, Unauthenticated
from runstone.domain.naming import check_entity_name
from runstone.domain.viewer import COMMAND_LINE
from runstone.store.opening import Store
from tests.conftest import ADMIN_KEY, NOW, People


def test_a_new_person_gets_a_key_that_works(store: Store, people: People) -> None:
    done = put_user(store, people.ada, "dora", NOW, email="dora@example.org")
    assert done.created
    assert done.api_key is not None
    assert len(done.api_key) == 40
    with store.reading() as reads:
        assert viewer_of_key(reads, done.api_key).username == "dora"


def test_putting_twice_equals_once(store: Store, people: People) -> None:
    first = put_user(store, people.ada, "dora", NOW, api_key="d" * 40, password="correct horse")
    second = put_user(store, people.ada, "dora", NOW, api_key="d" * 40, password="correct horse")
    assert (first.created, second.created) == (True, False)
    assert first.user_id == second.user_id
    assert first.api_key is second.api_key is None
    with store.reading() as reads:
        assert viewer_of_key(reads, "d" * 40).username == "dora"
        assert len(reads.keys_of(first.user_id)) == 1
    assert sign_in_with_password(store, "dora", "correct horse").username == "dora"


def test_keys_of_other_forms_sign_in_and_no_key_is_stored(
    store: Store, people: People, tmp_path: Path
) -> None:
    keys = ("local-" + "k" * 40, "wandb_v1_" + "K-" * 40, "e" * 41)
    for number, key in enumerate(keys):
        put_user(store, people.ada, f"dora{number}", NOW, api_key=key, password=f"secret of {key}")
        with store.reading() as reads:
            assert viewer_of_key(reads, key).username == f"dora{number}"
    stored = b"".join(one.read_bytes() for one in tmp_path.glob("runstone.db*"))  # none on PostgreSQL
    for key in keys:
        assert key.encode() not in stored


@pytest.mark.parametrize(
    "name",
    [
        "api",
        "graphql",
        "files",
        "artifacts",
        "artifactsV2",
        "oidc",
        "sdk",
        "registry",
        "orgs",
        "links",
        "authorize",
        "login",
        "settings",
        "static",
        "healthz",
        "ready",
        "metrics",
    ],
)
def test_addresses_of_the_server_are_nobodys_name(name: str) -> None:
    with pytest.raises(Invalid, match="reserved"):
        check_entity_name(name)


@pytest.mark.parametrize(
    ("name", "values", "error", "words"),
    [
        ("graphql", {}, Invalid, "reserved"),
        ("a b", {}, Invalid, "letters, digits"),
        ("x" * 65, {}, Invalid, "64"),
        ("lab", {}, Conflict, "there is a team"),
        ("dora", {"api_key": "short"}, Invalid, "40 to 128"),
        ("dora", {"api_key": "b" * 40}, Conflict, "somebody other than dora"),
        ("dora", {"password": "short"}, Invalid, "at least 8"),
        ("dora", {"email": "dora"}, Invalid, "name@host"),
    ],
)
def test_what_is_refused(
    store: Store, people: People, name: str, values: dict[str, str], error: type[RunstoneError], words: str
) -> None:
    with pytest.raises(error, match=words):
        put_user(store, people.ada, name, NOW, **values)  # type: ignore[arg-type]
    with store.reading() as reads:
        assert reads.user(people.ada, name) is None


def test_only_administrators(store: Store, people: People) -> None:
    for viewer, error in ((people.ben, Denied), (people.nobody, Unauthenticated)):
        with pytest.raises(error):
            put_user(store, viewer, "dora", NOW)
        with pytest.raises(error):
            delete_user(store, viewer, "ben", NOW)


def test_a_removed_person_is_gone_with_key_and_projects(store: Store, people: People) -> None:
    create_project(store, people.eve, "eve", "diary", NOW)
    assert delete_user(store, people.ada, "eve", NOW)
    assert not delete_user(store, people.ada, "eve", NOW)
    with store.reading() as reads:
        with pytest.raises(Unauthenticated):
            viewer_of_key(reads, people.keys["eve"])
        assert reads.project(people.ada, "eve", "diary") is None
    later = NOW + timedelta(days=1)
    assert put_user(store, people.ada, "eve", later).created
    with store.reading() as reads:
        assert reads.project(people.ada, "eve", "diary") is None


def test_the_last_administrator_stays(store: Store, people: People) -> None:
    assert delete_user(store, COMMAND_LINE, "ada", NOW)
    with pytest.raises(Conflict, match="last administrator"):
        delete_user(store, COMMAND_LINE, "admin", NOW)
    with pytest.raises(Conflict, match="last administrator"):
        put_user(store, COMMAND_LINE, "admin", NOW, admin=False)
    with store.reading() as reads:
        assert viewer_of_key(reads, ADMIN_KEY).admin
