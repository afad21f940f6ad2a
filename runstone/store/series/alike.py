"""Rows that are all alike, read at once: the same keys in each, and plain numbers under them.

Most of what runs log is of that form, and columns come out of it without an object per value.
Whatever is not of that form, or only might not be, is left to the careful reader.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from runstone.domain.history import evenly
from runstone.store.series.lines import parse

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FEWEST = 256  # rows; fewer are read as quickly one by one
EXACT_INT = 2**53  # a float keeps integers up to here
BLOCK_BYTES = 1 << 18  # read at once: what stays in the processor's memory is read faster
SAMPLES = 4  # lines whose numbers tell what the other ones are likely to be


def alike(raw: bytes, n: int) -> "dict[str, NDArray[np.int64] | NDArray[np.float64]] | None":
    """The columns of `n` lines of a text, in the order of their keys, int64 where all are integers and
    float64 elsewhere; None where one line is anything but a flat object of finite numbers with the keys of
    the first."""
    import numpy as np  # noqa: PLC0415 - start-up time and memory

    if n < FEWEST:
        return None
    # One brace a line, at its beginning: then no object ends, and none begins, within another's line.
    # Escapes and other control characters than the newlines are read differently by different parsers.
    plain = np.frombuffer(raw, dtype=np.uint8)
    ends = np.flatnonzero(plain < ord(" "))
    begins = ends + 1
    if (
        ends.size != n - 1
        or plain[-1] < ord(" ")
        or plain[0] != ord("{")
        or not np.all(plain[ends] == ord("\n"))
        or not np.all(plain[begins] == ord("{"))
        or np.count_nonzero(plain == ord("{")) != n
        or b"\\" in raw
    ):
        return None
    every = [0, *begins.tolist()]
    samples = [
        parse(raw[every[i] : every[i + 1] - 1 if i + 1 < n else len(raw)].decode("utf-8", "surrogatepass"))
        for i in evenly(n, SAMPLES)
    ]
    first = samples[0]
    if not first or not set(map(type, first.values())) <= {int, float}:
        return None
    whole = {name: all(type((one or {}).get(name)) is int for one in samples) for name in first}
    table = _read(raw, whole)
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


def _read(raw: bytes, whole: Mapping[str, bool]) -> Any:
    """Lines as a table; None where that fails. `whole` says of each key whether its numbers seem to be
    integers: to know it beforehand is a fifth quicker."""
    import pyarrow as pa  # noqa: PLC0415 - start-up time and memory
    import pyarrow.json as pj  # noqa: PLC0415

    schema = pa.schema([(name, pa.int64() if is_int else pa.float64()) for name, is_int in whole.items()])
    known = pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error")
    for options, block in ((known, BLOCK_BYTES), (None, len(raw) + 1)):
        try:
            return pj.read_json(
                pa.BufferReader(raw),
                read_options=pj.ReadOptions(use_threads=False, block_size=block),
                parse_options=options,
            )
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            continue  # the samples misled about a type: once more without; then the careful reader has them
    return None
