"""Pages of a list, as the contract shapes them: edges with cursors and a pageInfo."""

import base64
from collections.abc import Sequence
from typing import Any

from runstone.domain.errors import Invalid

DEFAULT_PAGE = 50
LARGEST_PAGE = 100_000


def offset_of(cursor: str | None) -> int:
    """How many items lie before and at a cursor; 0 without one."""
    if not cursor:
        return 0
    try:
        return int(base64.b64decode(cursor, validate=True)) + 1
    except ValueError:
        raise Invalid(f"cursor {cursor!r} is not one of this server's.") from None


def cursor_at(index: int) -> str:
    """The cursor of the item at `index`."""
    return base64.b64encode(str(index).encode()).decode()


def page_size(first: int | None) -> int:
    """The wanted page size within our limit."""
    return DEFAULT_PAGE if first is None else max(0, min(first, LARGEST_PAGE))


def page(items: Sequence[Any], offset: int, has_next: bool, **more: Any) -> dict[str, Any]:
    """A connection of items that begin at `offset` of the whole list. `more` are fields beside edges."""
    edges = [{"node": item, "cursor": cursor_at(offset + i)} for i, item in enumerate(items)]
    return {
        "edges": edges,
        "page_info": {
            "has_next_page": has_next,
            "end_cursor": edges[-1]["cursor"] if edges else None,
            "has_previous_page": offset > 0,
            "start_cursor": edges[0]["cursor"] if edges else None,
        },
        **more,
    }


def page_of_all(items: Sequence[Any], first: int | None, after: str | None, **more: Any) -> dict[str, Any]:
    """A connection cut out of a complete list."""
    offset, size = offset_of(after), page_size(first)
    cut = items[offset : offset + size]
    return page(cut, offset, offset + size < len(items), total_count=len(items), **more)
