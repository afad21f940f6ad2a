"""Neighbouring segments as one Parquet file for clients: the same columns in every file of a run.

What a segment keeps for us alone is left out or turned back: there is no `_line`, and a column of
JSON texts that holds nothing but texts is a column of texts.
"""

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from runstone.domain.history import RAW
from runstone.store.series.alike import EXACT_INT
from runstone.store.series.segment import LINE, METADATA, STEP

if TYPE_CHECKING:
    import pyarrow as pa

ROW_GROUP = 131_072  # a client asks once for each column of each group


def joined(parts: Sequence[bytes], names: Iterable[str]) -> bytes:
    """One file of the rows of some segments, in the order of steps, then of lines.

    It has every column of theirs, and one without values for each further name. Where segments
    disagree about what a key holds, its values become JSON texts, as they are within a segment.
    """
    import numpy as np  # noqa: PLC0415 - start-up time and memory
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    tables = [_Part(data) for data in parts]
    n = sum(one.table.num_rows for one in tables)
    columns = {name: None for one in tables for name in one.table.column_names if name != LINE}
    columns.update(dict.fromkeys(name for name in names if name != LINE))
    columns.setdefault(STEP)
    arrays, as_json = {}, []
    for name in columns:
        arrays[name], is_json = _column([(one, one.table.num_rows) for one in tables], name)
        if is_json:
            as_json.append(name)
    facts = {METADATA: json.dumps({"json_columns": as_json}).encode()}
    joined_table = pa.table(arrays).replace_schema_metadata(facts)
    if n:
        steps = joined_table.column(STEP).to_numpy()
        lines = np.concatenate([one.table.column(LINE).to_numpy() for one in tables])
        order = np.lexsort((lines, steps))
        if np.any(np.diff(order) < 0):
            joined_table = joined_table.take(pa.array(order))
    sink = pa.BufferOutputStream()
    texts = [name for name, array in arrays.items() if pa.types.is_string(array.type)]
    pq.write_table(
        joined_table,
        sink,
        compression="zstd",
        compression_level=1,
        use_dictionary=texts,
        write_statistics=[STEP],
        row_group_size=ROW_GROUP,
    )
    data: bytes = sink.getvalue().to_pybytes()
    return data


class _Part:
    """One segment's table, and which of its columns are JSON texts."""

    def __init__(self, data: bytes) -> None:
        import pyarrow as pa  # noqa: PLC0415 - start-up time and memory
        import pyarrow.parquet as pq  # noqa: PLC0415

        self.table = pq.ParquetFile(pa.BufferReader(data)).read(use_threads=False)
        facts = json.loads((self.table.schema.metadata or {}).get(METADATA, b"{}"))
        self.json = frozenset(facts.get("json_columns", ()))
        self.odd = frozenset(facts.get("odd", ()))

    def values(self, name: str) -> list[Any]:
        """Values of a column as they were logged, None where absent."""
        found: list[Any] = self.table.column(name).to_pylist()
        if name in self.json:
            return [None if text is None else json.loads(text) for text in found]
        if name == RAW and self.odd:
            lines = self.table.column(LINE).to_pylist()
            return [
                json.loads(text) if text is not None and line in self.odd else text
                for line, text in zip(lines, found, strict=True)
            ]
        return found


def _column(parts: "Sequence[tuple[_Part, int]]", name: str) -> "tuple[pa.ChunkedArray, bool]":
    """A key's values in all parts, null where there are none; and whether they are JSON texts."""
    import pyarrow as pa  # noqa: PLC0415 - start-up time and memory

    having = [one for one, _ in parts if name in one.table.column_names]
    types = {one.table.column(name).type for one in having}
    plain = not any(name in one.json or (name == RAW and one.odd) for one in having)
    if (
        plain
        and types == {pa.int64(), pa.float64()}
        and all(_exact(one.table.column(name)) for one in having)
    ):
        types = {pa.float64()}
    if plain and len(types) <= 1:
        kind = next(iter(types), pa.int64() if name == STEP else pa.float64())
        chunks = [
            chunk.cast(kind)
            for one, n in parts
            for chunk in (one.table.column(name).chunks if one in having else [pa.nulls(n, kind)])
        ]
        return pa.chunked_array(chunks, type=kind), False
    values = [value for one, n in parts for value in (one.values(name) if one in having else [None] * n)]
    is_json = not all(value is None or isinstance(value, str) for value in values)
    turn = json.dumps if is_json else _sendable
    texts = [None if value is None else turn(value) for value in values]
    return pa.chunked_array([pa.array(texts, type=pa.string())]), is_json


def _exact(column: "pa.ChunkedArray") -> bool:
    """Whether the numbers stay the same as floats."""
    import pyarrow as pa  # noqa: PLC0415 - start-up time and memory
    import pyarrow.compute as pc  # noqa: PLC0415

    if pa.types.is_floating(column.type):
        return True
    ends = pc.min_max(column).as_py()
    return all(value is None or abs(value) <= EXACT_INT for value in ends.values())


def _sendable(text: str) -> str:
    """A text without lone surrogates, which no file and no client's JSON reader keeps."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
