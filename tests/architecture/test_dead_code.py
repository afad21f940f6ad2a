"""Nothing lies around that nobody calls.

Decorated functions are called by what their decorator registers them with. What a library
calls by name stands in `CALLED_BY_LIBRARIES`.
"""

from pathlib import Path

from vulture import Vulture

ROOT = Path(__file__).parents[2]

DECORATORS = [
    *("*.field", "*.get", "*.post", "*.put", "*.delete", "*.patch", "*.command", "*.callback"),
    *("*.exception_handler", "*validator*", "*.type_resolver", "*.value_parser", "*.serializer"),
    *("*.literal_parser",),
]

CALLED_BY_LIBRARIES = {
    "process_bind_param": "SQLAlchemy, when a value goes into the database",
    "process_result_value": "SQLAlchemy, when a value comes out of it",
    "process_literal_param": "SQLAlchemy, when a value is written into a statement",
    "without_slash": "pydantic",
    "format": "logging",
    "UiBuildHook": "hatchling",
    "dependencies": "hatchling",
    "initialize": "hatchling",
    "run_due": "tests, which have no thread of their own to wait for",
    "redirect_request": "urllib, when an answer sends it elsewhere",
    "job_count": "tests of the runner",
}


def test_no_dead_code() -> None:
    found = Vulture(ignore_decorators=DECORATORS)
    found.scavenge([str(ROOT / "runstone"), str(ROOT / "tools")], exclude=["*/migrations/*"])
    kinds = {"function", "method", "class", "property", "import", "unreachable_code"}
    dead = [
        f"{Path(item.filename).relative_to(ROOT)}:{item.first_lineno} {item.typ} {item.name}"
        for item in found.get_unused_code(min_confidence=60)
        if item.typ in kinds and item.name not in CALLED_BY_LIBRARIES
    ]
    assert not dead, "\n".join(dead)
