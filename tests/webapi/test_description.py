"""The description of `/api` that the web UI's types are made from is the one that this server gives."""

from pathlib import Path

import orjson

from runstone.webapi.app import described

KEPT = Path(__file__).parents[2] / "web" / "openapi.json"


def test_the_kept_description_is_current() -> None:
    assert orjson.loads(KEPT.read_bytes()) == orjson.loads(orjson.dumps(described())), (
        "web/openapi.json is old: python tools/write_openapi.py && npm --prefix web run types"
    )


def test_every_answer_of_the_api_has_a_shape() -> None:
    shapeless = [
        f"{method} {path}"
        for path, methods in described()["paths"].items()
        for method, one in methods.items()
        for status, answer in one["responses"].items()
        if status == "200"
        and any(
            "$ref" not in body.get("schema", {}) and body.get("schema", {}).get("type") != "array"
            for kind, body in answer.get("content", {}).items()
            if kind == "application/json"
        )
    ]
    assert shapeless == []
