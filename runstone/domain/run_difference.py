"""What tells runs apart: entries of their config that are not the same in all of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

DEEPEST = 16
ABSENT: Any = None  # shown for a run without the entry


@dataclass(frozen=True, slots=True)
class Difference:
    """One entry by its path (`config.lr`), with its value in each run, None where it is absent."""

    path: str
    values: tuple[Any, ...]


def leaves(document: Mapping[str, Any], prefix: str, depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Entries of a nested document that are no documents themselves, by path; empty ones included."""
    for key, value in document.items():
        path = f"{prefix}.{key}"
        if isinstance(value, dict) and value and depth < DEEPEST:
            yield from leaves(value, path, depth + 1)
        else:
            yield path, value


def differences(configs: Sequence[Mapping[str, Any]]) -> list[Difference]:
    """Entries that differ among these configs, in the order in which they first appear."""
    flat = [dict(leaves(config, "config")) for config in configs]
    paths = dict.fromkeys(path for one in flat for path in one)
    found = []
    for path in paths:
        texts = {_identity(one[path]) if path in one else "" for one in flat}
        if len(texts) > 1:
            found.append(Difference(path, tuple(one.get(path, ABSENT) for one in flat)))
    return found


def _identity(value: Any) -> str:
    """A text that equal values share: 1 and 1.0 are equal, 1 and true are not."""
    return repr(int(value)) if isinstance(value, float) and value.is_integer() else repr(value)
