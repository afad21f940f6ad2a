"""In which order runs are listed, and where a page of such a list ended.

Numbers come first (booleans count as 0 and 1), then texts by code point, then runs without
the value, whatever the direction; runs that are equal go by age, in the direction of the
first key.
"""

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass

from runstone.domain.errors import Invalid
from runstone.domain.filter import field_of

MOST_KEYS = 8
NUMBER, TEXT, NOTHING = range(3)  # ranks of values


@dataclass(frozen=True, slots=True)
class SortKey:
    """One field to order by, upwards unless `down`."""

    field: str
    down: bool = False


# One value to order by: its rank, its number (0 without one), its text ("" without one).
Place = tuple[int, float, str]


@dataclass(frozen=True, slots=True)
class Position:
    """The last run of a page: its place under each key, and its id."""

    places: tuple[Place, ...]
    run_id: int


def parse_order(order: str, name_of: Callable[[str], str] = field_of) -> tuple[SortKey, ...]:
    """The keys of `+created_at`, `-summary_metrics.loss` or several, separated by commas.

    An empty text is `+created_at`. Raises `Invalid` for a field that runs don't have.
    """
    parts = [part.strip() for part in order.split(",") if part.strip()] or ["+created_at"]
    if len(parts) > MOST_KEYS:
        raise Invalid(f"order {order!r:.120}: {len(parts)} keys; at most {MOST_KEYS} are possible.")
    return tuple(SortKey(name_of(part.lstrip("+-")), part.startswith("-")) for part in parts)


def cursor_of(keys: tuple[SortKey, ...], position: Position) -> str:
    """A text that asks for what comes after a position."""
    order = [f"{'-' if key.down else '+'}{key.field}" for key in keys]
    document = json.dumps([order, position.places, position.run_id], separators=(",", ":"))
    return base64.urlsafe_b64encode(document.encode()).decode()


def position_of(keys: tuple[SortKey, ...], cursor: str) -> Position:
    """The position in a cursor. Raises `Invalid` for another text, or one of another order."""
    try:
        order, places, run_id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        found = Position(tuple((int(rank), number, str(text)) for rank, number, text in places), int(run_id))
        numbers = all(isinstance(number, int | float) for _, number, _ in found.places)
    except (ValueError, TypeError, binascii.Error):
        numbers, order = False, None
    if not numbers or not isinstance(order, list):
        raise Invalid(f"cursor {cursor!r:.80} is not one of this server's. Begin again without a cursor.")
    if order != [f"{'-' if key.down else '+'}{key.field}" for key in keys]:
        raise Invalid(
            f"cursor: it belongs to the order {','.join(map(str, order))}. Begin again without a cursor."
        )
    return found
