"""Views and charts: stored to the letter, changed by those who may."""

from typing import Any

import pytest

from runstone.actions.view import create_chart, delete_view, save_view
from runstone.domain.errors import Conflict, Denied, Invalid, NotFound
from runstone.domain.viewer import Viewer
from runstone.store.opening import Store
from tests.conftest import NOW, People

ODD_SPEC = '{"b": 1.10,  "a": [1e2, null], "unknown": {"é": "\\u00e9"}, "b": 2}'


def save(store: Store, viewer: Viewer, **values: Any) -> tuple[int, bool]:
    return save_view(store, viewer, NOW, entity_name="lab", project_name="p", **values)


def row(store: Store, viewer: Viewer, view_id: int) -> Any:
    with store.reading() as reads:
        return reads.view(viewer, view_id)


def test_a_spec_comes_back_to_the_letter(store: Store, people: People) -> None:
    made, new = save(store, people.ben, type="runs", display_name="R", spec=ODD_SPEC)
    assert new
    assert row(store, people.cy, made).spec == ODD_SPEC


def test_saving_by_id_or_by_name_changes_the_same_view(store: Store, people: People) -> None:
    made, _ = save(store, people.ben, type="project-view", name="nw-a-v", spec="{}")
    again, new = save(store, people.cy, type="project-view", name="nw-a-v", spec="[1]")
    assert (again, new) == (made, False)
    save_view(store, people.ben, NOW, view_id=made, display_name="D")
    found = row(store, people.ben, made)
    assert (found.spec, found.display_name, found.revision) == ("[1]", "D", 3)
    other, new = save(store, people.ben, type="runs", name="nw-a-v", spec="{}")
    assert new
    assert other != made


def test_views_need_access_to_their_project(store: Store, people: People) -> None:
    made, _ = save(store, people.ben, spec="{}")
    assert row(store, people.eve, made) is None
    for attempt in (
        lambda: save_view(store, people.eve, NOW, view_id=made, spec="[]"),
        lambda: delete_view(store, people.eve, made, NOW),
        lambda: save(store, people.eve, spec="{}"),
    ):
        with pytest.raises((NotFound, Denied)):
            attempt()
    assert row(store, people.ben, made).spec == "{}"


def test_a_locked_view_is_its_authors(store: Store, people: People) -> None:
    made, _ = save(store, people.ben, spec="{}", locked=True)
    with pytest.raises(Denied, match="locked by ben"):
        save_view(store, people.cy, NOW, view_id=made, spec="[]")
    save_view(store, people.ben, NOW, view_id=made, spec="[]")


def test_deleting_tells_of_drafts_or_takes_them_along(store: Store, people: People) -> None:
    made, _ = save(store, people.ben, spec="{}")
    draft, _ = save(store, people.ben, type="runs/draft", spec="{}", parent_id=made)
    assert delete_view(store, people.ben, made, NOW) == 1
    assert row(store, people.ben, made) is None
    assert row(store, people.ben, draft) is not None
    second, _ = save(store, people.ben, spec="{}")
    draft, _ = save(store, people.ben, type="runs/draft", spec="{}", parent_id=second)
    assert delete_view(store, people.ben, second, NOW, delete_drafts=True) == 0
    assert row(store, people.ben, draft) is None


def test_a_spec_must_be_json(store: Store, people: People) -> None:
    with pytest.raises(Invalid, match="spec: expected JSON"):
        save(store, people.ben, spec="{")


def chart(store: Store, viewer: Viewer, name: str = "c", **values: Any) -> int:
    given = {"display_name": "C", "chart_type": "vega2", "access": "private", "spec": "{}", **values}
    return create_chart(store, viewer, "lab", name, NOW, **given)


def test_a_private_chart_is_for_its_entity(store: Store, people: People) -> None:
    chart(store, people.ben)
    chart(store, people.ben, "open", access="PUBLIC")
    with store.reading() as reads:
        assert reads.custom_chart(people.cy, "lab", "c") is not None
        assert reads.custom_chart(people.eve, "lab", "c") is None
        assert reads.custom_chart(people.eve, "lab", "open") is not None
        assert reads.custom_chart(people.nobody, "lab", "open") is None


@pytest.mark.parametrize(
    "wrong", [{"access": "secret"}, {"chart_type": "plot"}, {"spec": "{"}, {"name": "a/b"}]
)
def test_bad_charts_are_refused(store: Store, people: People, wrong: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        chart(store, people.ben, **wrong)


def test_a_chart_is_not_overwritten(store: Store, people: People) -> None:
    chart(store, people.ben)
    with pytest.raises(Conflict):
        chart(store, people.cy)
    with pytest.raises(Denied):
        chart(store, people.eve, "mine")
