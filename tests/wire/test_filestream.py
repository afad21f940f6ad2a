"""Messages of running clients as JSON, old forms included."""

import json
from typing import Any

import pytest

from runstone.domain.errors import Invalid
from runstone.domain.history import Chunk, Stream
from runstone.wire.filestream import read_post


@pytest.mark.parametrize(
    ("said", "exit_code"),
    [
        ({}, None),
        ({"complete": False, "failed": False, "dropped": 0, "uploaded": []}, None),
        ({"complete": True, "exitcode": 0, "dropped": 0, "uploaded": []}, 0),
        ({"complete": True, "exitcode": 3}, 3),
        ({"complete": True}, 0),
        ({"complete": False, "failed": True}, 1),
        ({"exitcode": 0}, None),
    ],
)
def test_the_end_of_a_run(said: dict[str, Any], exit_code: int | None) -> None:
    assert read_post(json.dumps(said).encode()).exit_code == exit_code


def test_streams_and_summary() -> None:
    said = {
        "files": {
            "wandb-history.jsonl": {"offset": 4, "content": ['{"a":NaN}']},
            "wandb-summary.json": {"offset": 0, "content": ['{"a":1}', '{"a":2}']},
            "unknown.log": {"offset": 0, "content": ["x"]},
        },
        "preempting": True,
        "uploaded": ["config.yaml"],
    }
    post = read_post(json.dumps(said).encode())
    assert post.chunks == (Chunk(Stream.HISTORY, 4, ('{"a":NaN}',)),)
    assert post.summary == '{"a":2}'
    assert post.preempting
    assert post.uploaded == ("config.yaml",)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "expected JSON"),
        (b"[]", "expected a JSON object, got list"),
        (b'{"files": [1]}', "`files`"),
        (b'{"files": {"output.log": 1}}', "files['output.log']"),
        (b'{"files": {"output.log": {"offset": -1, "content": ["x"]}}}', "expected a line number"),
        (b'{"files": {"output.log": {"offset": 9223372036854775807, "content": ["x"]}}}', "a line number"),
        (b'{"files": {"output.log": {"offset": 0, "content": "x"}}}', "a list of lines"),
        (b'{"uploaded": 5}', "`uploaded`"),
        (b"\xff", "expected JSON"),
    ],
)
def test_malformed_messages_say_what_was_expected(body: bytes, said: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_post(body)
    assert said in caught.value.message
