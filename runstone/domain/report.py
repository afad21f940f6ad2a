"""Documents of reports: what a browser sends back of one is kept as it was stored."""

import json
from collections.abc import Iterator
from typing import Any


def as_stored(sent: Any, stored: Any) -> Any:
    """The document that was sent, with every part that is equal to a stored one in the stored form.

    A browser has one kind of number: `1.0` comes back as `1`, and a whole number of twenty digits
    loses its last ones. Blocks that nobody touched must not change by that, wherever they have
    been moved to.
    """
    known = {_said(part): part for part in _parts(stored)}
    return _restored(sent, known)


def _restored(sent: Any, known: dict[str, Any]) -> Any:
    if not isinstance(sent, dict | list):
        return sent
    same = known.get(_said(sent))
    if same is not None:
        return same
    if isinstance(sent, dict):
        return {name: _restored(part, known) for name, part in sent.items()}
    return [_restored(part, known) for part in sent]


def _parts(document: Any) -> Iterator[Any]:
    """Every object and list inside, the inner ones first so that outer ones win."""
    if isinstance(document, dict):
        for part in document.values():
            yield from _parts(part)
        yield document
    elif isinstance(document, list):
        for part in document:
            yield from _parts(part)
        yield document


def _said(part: Any) -> str:
    """The same text for all that a browser can't tell apart."""
    return json.dumps(_plain(part), sort_keys=True)


def _plain(part: Any) -> Any:
    if isinstance(part, bool) or part is None or isinstance(part, str):
        return part
    if isinstance(part, int | float):
        return float(part)
    if isinstance(part, dict):
        return {name: _plain(inner) for name, inner in part.items()}
    return [_plain(inner) for inner in part]
