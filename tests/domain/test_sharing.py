"""What several processes say of one run, put together."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runstone.domain.history import Stream
from runstone.domain.metric import step_key_of
from runstone.domain.run import defined_metrics
from runstone.domain.sharing import label_in, merged, merged_config, with_step

IMAGE = {"_type": "image-file", "path": "a.png"}


@pytest.mark.parametrize(
    ("present", "before", "said", "wanted"),
    [
        ({}, {}, {"a": 1}, {"a": 1}),
        (
            {"a": 2, "b": 1},
            {"a": 1},
            {"a": 1, "c": 3},
            {"a": 2, "b": 1, "c": 3},
        ),  # only repeated: not taken back
        ({"a": 2}, {"a": 1}, {"a": 3}, {"a": 3}),
        (
            {"a": 1, "b": 2},
            {"a": 1, "b": 1},
            {},
            {"b": 2},
        ),  # taken out, but for what another has changed since
        ({"a": {"x": 1}}, {}, {"a": {"y": 2}}, {"a": {"x": 1, "y": 2}}),
        ({"a": {"x": 1, "y": 5}}, {"a": {"y": 2}}, {"a": {"y": 2, "z": 3}}, {"a": {"x": 1, "y": 5, "z": 3}}),
        ({"a": IMAGE}, {}, {"a": {**IMAGE, "path": "b.png"}}, {"a": {**IMAGE, "path": "b.png"}}),
        ({"a": 1}, {}, {"a": {"x": 1}}, {"a": {"x": 1}}),
        ({"a": {"x": 1}}, {"a": 5}, {"a": {"y": 1}}, {"a": {"x": 1, "y": 1}}),
    ],
)
def test_a_process_takes_nothing_from_others(present: Any, before: Any, said: Any, wanted: Any) -> None:
    assert merged(present, before, said) == wanted


VALUES = st.recursive(
    st.integers(0, 2), lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3), max_leaves=6
)
DICTS = st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3)


@given(st.lists(DICTS, max_size=6))
def test_alone_the_last_word_counts(words: list[Any]) -> None:
    """One process that nobody disturbs: what is known is what it said last."""
    known: dict[str, Any] = {}
    before: dict[str, Any] = {}
    for said in words:
        known, before = merged(known, before, said), said
    assert known == before


@given(DICTS, DICTS, DICTS)
def test_saying_it_again_changes_nothing(present: Any, before: Any, said: Any) -> None:
    once = merged(present, before, said)
    assert merged(once, said, said) == once


def config(*metrics: Any, **values: Any) -> dict[str, Any]:
    own = {"m": list(metrics), "t": {"1": [5]}} if metrics else {"t": {"1": [5]}}
    return {"_wandb": {"value": own}, **{key: {"value": value} for key, value in values.items()}}


def test_definitions_of_metrics_keep_their_axes() -> None:
    """Each process names a step metric by its place in its own list."""
    one = config({"1": "epoch"}, {"1": "loss", "5": 1})
    other = config({"1": "loss"}, {"1": "batch"}, {"2": "own/*", "5": 2}, a=1)
    known = merged_config(merged_config({}, {}, one), {}, other)
    metrics = defined_metrics(known)
    assert [step_key_of(key, metrics) for key in ("own/x", "loss", "epoch")] == ["batch", None, None]
    assert [metric.get("1") or metric["2"] for metric in metrics] == ["epoch", "loss", "batch", "own/*"]
    assert (known["a"], known["_wandb"]["value"]["t"]) == ({"value": 1}, {"1": [5]})
    again = merged_config(known, other, other)
    assert defined_metrics(again) == metrics
    assert defined_metrics(merged_config({}, other, other)) == []  # taken out by a person, and only repeated


@pytest.mark.parametrize(
    "line", ['{"a": 1}', "{}", ' {"b": NaN}', '{"_step": 9, "a": 1}', '{"x": "_step"}', '{"x": {"_step": 2}}']
)
def test_a_row_gets_its_step(line: str) -> None:
    found = json.loads(with_step(line, 7))
    assert found.pop("_step") == 7
    given = {key: value for key, value in json.loads(line).items() if key != "_step"}
    assert json.dumps(found) == json.dumps(given)


@pytest.mark.parametrize("line", ["", "text", "[1]", "{broken"])
def test_what_is_no_row_stays(line: str) -> None:
    assert with_step(line, 7) == line


@pytest.mark.parametrize(
    ("stream", "line", "wanted"),
    [
        (Stream.CONSOLE, '{"ts": "t", "content": "x", "label": "rank 0"}', "rank 0"),
        (Stream.CONSOLE, '{"ts": "t", "content": "x"}', None),
        (Stream.CONSOLE, "plain", None),
        (Stream.SYSTEM, '{"_runtime": 1, "system.disk./l.in/l:node/l:1": 2}', "node/l:1"),
        (Stream.SYSTEM, '{"system.cpu": 2}', None),
    ],
)
def test_labels(stream: Stream, line: str, wanted: str | None) -> None:
    assert label_in(stream, line) == wanted
