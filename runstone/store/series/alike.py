"""Rows that are all alike, read at once: the same keys in each, and plain numbers under them.

Most of what runs log is of that form, and columns come out of it without an object per value.
Whatever is not of that form, or only might not be, is left to the careful reader.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from runstone.store.series.lines import parse

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FEWEST = 256  # rows; fewer are read as quickly one by one
EXACT_INT = 2**53  # a float keeps integers up to here


def alike(texts: Sequence[str]) -> "dict[str, NDArray[np.int64] | NDArray[np.float64]] | None":
    """The columns of lines in the order of their keys, int64 where all are integers and float64 elsewhere;
    None where one line is anything but a flat object of finite numbers with the keys of the first."""
    import numpy as np  # noqa: PLC0415 - start-up time and memory

    n = len(texts)
    first = parse(texts[0]) if n >= FEWEST else None
    if not first or not set(map(type, first.values())) <= {int, float}:
        return None
    raw = "\n".join(texts).encode("utf-8", "surrogatepass")
    # One brace a line, at its beginning: then no object ends, and none begins, within another's line.
    # Escapes and other control characters than the newlines are read differently by different parsers.
    plain = np.frombuffer(raw, dtype=np.uint8)
    if (
        raw.count(b"{") != n
        or raw.count(b"\n{") != n - 1
        or b"\\" in raw
        or np.count_nonzero(plain < ord(" ")) != n - 1
    ):
        return None
    table = _read(raw)
    if table is None or table.num_rows != n or table.column_names != list(first):
        return None
    found: dict[str, Any] = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if column.null_count or str(column.type) not in ("int64", "double"):
            return None
        values = column.to_numpy()
        if values.dtype == np.float64 and not np.all(np.abs(values) < EXACT_INT):
            return None  # not finite, or perhaps an integer that no float holds
        found[name] = values
    return found


def _read(raw: bytes) -> Any:
    import pyarrow as pa  # noqa: PLC0415 - start-up time and memory
    import pyarrow.json as pj  # noqa: PLC0415

    try:
        return pj.read_json(
            pa.BufferReader(raw),
            read_options=pj.ReadOptions(use_threads=False, block_size=len(raw) + 1),
        )
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None
