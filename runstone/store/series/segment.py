"""A sealed range of lines as one Parquet file: a leaf column per key, rows sorted by step.

Beside the keys a file has `_step` (never null), `_line` (the number of the line) and `_raw`:
the text of a line that is no JSON object, or whose shape can't be told from its flat
columns. Whatever reads Parquet can read the columns; `rows` gives back what was logged.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from runstone.domain.history import DEEPEST_KEY, INT64_MAX, RAW, Key, flat, number
from runstone.store.series.alike import EXACT_INT, alike
from runstone.store.series.lines import any_long_number, joined, parse, parse_short

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

STEP = "_step"
LINE = "_line"
TIME = "_timestamp"
MOST_COLUMNS = 20_000
METADATA = b"runstone"


@dataclass(slots=True)
class Column:
    """Values of one key: indexes of the rows that have it, and the values; an array of numbers where rows
    were read at once."""

    path: tuple[str, ...]
    rows: Any = field(default_factory=list)
    values: Any = field(default_factory=list)


@dataclass(slots=True)
class Parsed:
    """Lines taken apart. `steps` has one step for each line, `own` are the indexes of those that said theirs;
    `raw` are texts by index."""

    line0: int
    own: Sequence[int] = field(default_factory=list)
    steps: Any = field(default_factory=list)
    columns: dict[str, Column] = field(default_factory=dict)
    raw: dict[int, str] = field(default_factory=dict)


def take_apart(line0: int, texts: Sequence[str], step: int) -> Parsed:
    """Lines as columns. `step` is the one of the line before.

    Neighbouring rows of the same flat shape, which is what most runs log, go into their
    columns together.
    """
    parsed = Parsed(line0)
    own_steps: list[int] = []
    parsed.own = own_steps
    read = parse if any_long_number(texts) else parse_short
    shapes: dict[tuple[str, ...], list[Column | None]] = {}
    alike = _Alike([])
    for i, text in enumerate(texts):
        row = read(text)
        own = None if row is None else row.get(STEP)
        if isinstance(own, int) and not isinstance(own, bool) and abs(own) <= INT64_MAX:
            step = own
            own_steps.append(i)
        parsed.steps.append(step)
        names = () if row is None else tuple(row)
        columns = shapes.get(names)
        flat_row = row is not None and dict not in set(map(type, row.values()))
        if row is not None and columns is not None and flat_row:
            if columns is not alike.columns:
                alike.into_columns()
                alike = _Alike(columns, i)
            alike.rows.append(tuple(row.values()))
            continue
        alike.into_columns()
        alike = _Alike([])
        if row is None or not _add(parsed, i, row):
            parsed.raw[i] = text
        elif flat_row and row:
            shapes[names] = [None if name == STEP else parsed.columns[name] for name in names]
    alike.into_columns()
    return parsed


def at_once(line0: int, text: bytes, n: int, step: int) -> Parsed | None:
    """The same for a text of `n` lines that are all alike; None for any others."""
    import numpy as np  # noqa: PLC0415 - start-up time and memory

    found = alike(text, n)
    if found is None or RAW in found or LINE in found:
        return None
    every = range(n)
    steps = found.pop(STEP, None)
    if steps is None:
        own, steps = range(0), np.full(n, step, dtype=np.int64)
    elif steps.dtype != np.int64 or steps.min() < -INT64_MAX:
        return None
    else:
        own = every
    columns = {name: Column((name,), every, values) for name, values in found.items()}
    return Parsed(line0, own, steps, columns)


@dataclass(slots=True)
class _Alike:
    """Values of neighbouring rows of one shape, whose columns are these (None: kept elsewhere)."""

    columns: list[Column | None]
    first: int = 0
    rows: list[tuple[Any, ...]] = field(default_factory=list)

    def into_columns(self) -> None:
        """Move the values into the columns."""
        if not self.rows:
            return
        indexes = range(self.first, self.first + len(self.rows))
        for column, values in zip(self.columns, zip(*self.rows, strict=True), strict=True):
            if column is not None:
                column.rows.extend(indexes)
                column.values.extend(values)


def _add(parsed: Parsed, i: int, row: dict[str, Any]) -> bool:
    """Add a row's values to their columns; False, and nothing added, when they would not come back alike."""
    if RAW in row or LINE in row:
        return False
    columns = parsed.columns
    if any(isinstance(value, dict) and value and "_type" not in value for value in row.values()):
        leaves = list(_leaves(row, ()))
    else:
        leaves = [((key,), value) for key, value in row.items()]
    names = [".".join(path) for path, _ in leaves]
    if len(set(names)) < len(names) or LINE in names or RAW in names:
        return False
    for name, (path, _) in zip(names, leaves, strict=True):
        known = columns.get(name)
        if known is None:
            if len(columns) >= MOST_COLUMNS:
                return False
        elif known.path != path:
            return False
    for name, (path, value) in zip(names, leaves, strict=True):
        if name == STEP:
            continue
        column = columns.get(name)
        if column is None:
            column = columns[name] = Column(path)
        column.rows.append(i)
        column.values.append(value)
    return True


def _leaves(row: dict[str, Any], path: tuple[str, ...]) -> "list[tuple[tuple[str, ...], Any]]":
    found: list[tuple[tuple[str, ...], Any]] = []
    for key, value in row.items():
        here = (*path, key)
        if isinstance(value, dict) and value and "_type" not in value and len(path) < DEEPEST_KEY:
            found.extend(_leaves(value, here))
        else:
            found.append((here, value))
    return found


@dataclass(frozen=True, slots=True)
class Points:
    """The numbers of one key in the order of lines: float64 values, NaN and infinities included."""

    lines: "NDArray[np.int64]"
    steps: "NDArray[np.int64]"
    values: "NDArray[np.float64]"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A finished segment: the file, its ranges, what is known of its keys, and their numbers."""

    data: bytes
    line0: int
    n: int
    step_lo: int
    step_hi: int
    last_step: int
    time_lo: float | None
    time_hi: float | None
    keys: dict[str, Key]
    points: dict[str, Points]


def seal(line0: int, texts: Sequence[str], step: int) -> Sealed:
    """Make a segment of contiguous lines. `step` is the one of the line before them."""
    parsed = at_once(line0, joined(texts), len(texts), step)
    return _sealed(parsed or take_apart(line0, texts, step))


def seal_text(line0: int, text: bytes, n: int, step: int) -> Sealed:
    """The same of a text of `n` lines, which most runs' lines need not be taken out of one by one."""
    parsed = at_once(line0, text, n, step)
    return _sealed(parsed or take_apart(line0, text.decode("utf-8", "surrogatepass").split("\n"), step))


def _sealed(parsed: Parsed) -> Sealed:
    import numpy as np  # noqa: PLC0415 - start-up time and memory

    line0 = parsed.line0
    steps = np.asarray(parsed.steps, dtype=np.int64)
    order = np.argsort(steps, kind="stable")
    positions = np.empty_like(order)
    positions[order] = np.arange(order.size)
    keys, points = _known(parsed, steps)
    times = points.get(TIME)
    finite = None if times is None else times.values[np.isfinite(times.values)]
    known = finite is not None and finite.size > 0
    return Sealed(
        data=_file(parsed, steps[order], line0 + order, positions),
        line0=line0,
        n=int(steps.size),
        step_lo=int(steps.min()),
        step_hi=int(steps.max()),
        last_step=int(steps[-1]),
        time_lo=float(finite.min()) if known and finite is not None else None,
        time_hi=float(finite.max()) if known and finite is not None else None,
        keys=keys,
        points=points,
    )


def numbers_of(line0: int, texts: Sequence[str], step: int) -> tuple[dict[str, Points], int]:
    """The numbers of lines that are not sealed, by key, and the step of the last line."""
    import numpy as np  # noqa: PLC0415 - start-up time and memory

    parsed = take_apart(line0, texts, step)
    _, points = _known(parsed, np.array(parsed.steps, dtype=np.int64))
    return points, parsed.steps[-1] if parsed.steps else step


def _known(parsed: Parsed, steps: "NDArray[np.int64]") -> tuple[dict[str, Key], dict[str, Points]]:
    import numpy as np  # noqa: PLC0415 - start-up time and memory

    columns = dict(parsed.columns)
    for i, text in parsed.raw.items():
        for name, value in flat(parse(text) or {RAW: text}):
            if name == STEP:
                continue
            column = columns.get(name)
            if column is None:
                column = columns[name] = Column((name,))
            elif column is parsed.columns.get(name):
                column = columns[name] = Column(column.path, list(column.rows), list(column.values))
            column.rows.append(i)
            column.values.append(value)
    # Rows without a step are read with that of the row before, where there are steps at all.
    stepped = range(len(parsed.steps) if len(parsed.own) else 0)
    columns[STEP] = Column((STEP,), stepped, parsed.steps)
    keys, points = {}, {}
    every = range(len(steps))
    everywhere = np.arange(len(steps), dtype=np.int64)
    every_line = parsed.line0 + everywhere  # one array for all keys that have it: it is also sent but once
    for name, column in columns.items():
        if not column.rows:
            continue
        complete = column.rows == every
        at = everywhere if complete else np.array(column.rows, dtype=np.int64)
        if parsed.raw and name != STEP and at.size > 1 and np.any(np.diff(at) < 0):
            at = np.sort(at)
            values = [value for _, value in sorted(zip(column.rows, column.values, strict=True), key=_first)]
        else:
            values = column.values
        numbers = _numbers(values)
        keys[name] = _key(name, parsed.line0 + at, values, numbers)
        if name == STEP:
            continue
        if numbers is not None:
            points[name] = (
                Points(every_line, steps, numbers)
                if complete
                else Points(parsed.line0 + at, steps[at], numbers)
            )
        else:
            some = [(i, size) for i, size in enumerate(map(number, values)) if size is not None]
            if some:
                chosen = at[[i for i, _ in some]]
                points[name] = Points(
                    parsed.line0 + chosen, steps[chosen], np.array([size for _, size in some])
                )
    return keys, points


def _first(pair: tuple[int, Any]) -> int:
    return pair[0]


def _numbers(values: Any) -> "NDArray[np.float64] | None":
    """Values as float64 when all of them are numbers."""
    import numpy as np  # noqa: PLC0415 - start-up time and memory

    if isinstance(values, np.ndarray):
        return values.astype(np.float64)
    if set(map(type, values)) <= {int, float}:
        try:
            return np.array(values, dtype=np.float64)
        except OverflowError:
            return np.array([number(value) for value in values], dtype=np.float64)
    return None


def _key(name: str, lines: "NDArray[np.int64]", values: Any, numbers: "NDArray[np.float64] | None") -> Key:
    import numpy as np  # noqa: PLC0415 - start-up time and memory

    key = Key(name)
    if numbers is None:
        for line, value in zip(lines.tolist(), values, strict=True):
            key.add(line, value)
        return key
    first, last = (
        (values[0].item(), values[-1].item()) if isinstance(values, np.ndarray) else (values[0], values[-1])
    )
    key.add(int(lines[0]), first)
    key.n = len(values)
    key.counts = dict.fromkeys(key.counts, len(values))
    key.last_line, key.last = int(lines[-1]), last
    finite = numbers[np.isfinite(numbers)]
    if finite.size:
        key.first, key.newest = float(finite[0]), float(finite[-1])
        key.low, key.high = float(finite.min()), float(finite.max())
        key.monotonic = bool(np.all(np.diff(finite) >= 0))
    return key


def _file(
    parsed: Parsed, steps: "NDArray[np.int64]", lines: "NDArray[np.int64]", positions: "NDArray[np.int64]"
) -> bytes:
    import pyarrow as pa  # noqa: PLC0415 - start-up time and memory
    import pyarrow.parquet as pq  # noqa: PLC0415

    names, arrays = [STEP, LINE], [pa.array(steps), pa.array(lines)]
    as_json, nested = [], {}
    for name, column in parsed.columns.items():
        array, is_json = _array(column, positions)
        names.append(name)
        arrays.append(array)
        if is_json:
            as_json.append(name)
        if len(column.path) > 1:
            nested[name] = column.path
    if parsed.raw:
        texts = [json.dumps(text) if _odd(text) else text for text in parsed.raw.values()]
        raw = Column((RAW,), list(parsed.raw), texts)
        names.append(RAW)
        arrays.append(_array(raw, positions)[0])
        odd = [i for i, text in parsed.raw.items() if _odd(text)]
    else:
        odd = []
    facts = {
        "json_columns": as_json,
        "nested": nested,
        "odd": [parsed.line0 + i for i in odd],
        "stepless": not parsed.own,
    }
    schema = pa.schema(
        [pa.field(name, array.type) for name, array in zip(names, arrays, strict=True)],
        metadata={METADATA: json.dumps(facts).encode()},
    )
    texts_of = [name for name, array in zip(names, arrays, strict=True) if pa.types.is_string(array.type)]
    encoding = {
        name: "BYTE_STREAM_SPLIT" if pa.types.is_floating(array.type) else "DELTA_BINARY_PACKED"
        for name, array in zip(names, arrays, strict=True)
        if pa.types.is_floating(array.type) or pa.types.is_integer(array.type)
    }
    sink = pa.BufferOutputStream()
    pq.write_table(
        pa.Table.from_arrays(arrays, schema=schema),
        sink,
        compression="zstd",
        compression_level=1,
        use_dictionary=texts_of,
        column_encoding=encoding,
        write_statistics=[name for name in names if name in (STEP, LINE, TIME)],
        row_group_size=max(1, len(steps)),
    )
    data: bytes = sink.getvalue().to_pybytes()
    return data


def _odd(text: str) -> bool:
    """Whether a text has lone surrogates, which no file format knows."""
    return not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text)


def _array(column: Column, positions: "NDArray[np.int64]") -> "tuple[pa.Array, bool]":
    """A column over all rows, null where absent; and whether its values are JSON texts."""
    import numpy as np  # noqa: PLC0415 - start-up time and memory
    import pyarrow as pa  # noqa: PLC0415

    n = positions.size
    if isinstance(column.values, np.ndarray):
        ordered = np.empty_like(column.values)
        ordered[positions] = column.values
        return pa.array(ordered), False
    at = positions[np.array(column.rows, dtype=np.int64)]
    kinds = set(map(type, column.values))
    values: Any = None
    if kinds == {int}:
        values = _exact(column.values, np.int64)
    elif kinds == {float} or (kinds == {int, float} and _small(column.values)):
        values = np.array(column.values, dtype=np.float64)
    elif kinds == {bool}:
        values = np.array(column.values, dtype=np.bool_)
    if values is not None:
        if at.size == n:
            full = np.empty(n, dtype=values.dtype)
            full[at] = values
            return pa.array(full), False
        full, mask = np.zeros(n, dtype=values.dtype), np.ones(n, dtype=np.bool_)
        full[at], mask[at] = values, False
        return pa.array(full, mask=mask), False
    is_json = kinds != {str} or any(_odd(text) for text in column.values)
    texts: list[str | None] = [None] * n
    for position, value in zip(at.tolist(), column.values, strict=True):
        texts[position] = json.dumps(value) if is_json else value
    return pa.array(texts, type=pa.string()), is_json


def _exact(values: list[int], kind: Any) -> Any:
    import numpy as np  # noqa: PLC0415 - start-up time and memory

    try:
        return np.array(values, dtype=kind)
    except OverflowError:
        return None


def _small(values: list[Any]) -> bool:
    return all(abs(value) <= EXACT_INT for value in values if type(value) is int)


class Segment:
    """A sealed range, read."""

    def __init__(self, data: bytes) -> None:
        import pyarrow as pa  # noqa: PLC0415 - start-up time and memory
        import pyarrow.parquet as pq  # noqa: PLC0415

        self._file = pq.ParquetFile(pa.BufferReader(data))
        schema = self._file.schema_arrow
        self.names: list[str] = list(schema.names)
        facts = json.loads((schema.metadata or {}).get(METADATA, b"{}"))
        self._json = frozenset(facts.get("json_columns", ()))
        self._nested: dict[str, list[str]] = facts.get("nested", {})
        self._odd = frozenset(facts.get("odd", ()))
        self._stepless = bool(facts.get("stepless", False))

    def rows(
        self,
        lo: float = -math.inf,
        hi: float = math.inf,
        *,
        always_step: bool = True,
        keys: Sequence[str] | None = None,
    ) -> list[tuple[int, dict[str, Any]]]:
        """Rows with `lo <= _step < hi` as (line, row), in the order of steps; with `keys` only the columns
        that these (dotted) keys need are read.

        Each has a `_step`, unless no row of the file had one and `always_step` is off.
        """
        import numpy as np  # noqa: PLC0415 - start-up time and memory

        names = self.names if keys is None else self._needed(keys)
        table = self._file.read(columns=names, use_threads=False)
        if lo > -math.inf or hi < math.inf:
            steps = table.column(STEP).to_numpy()
            first, end = np.searchsorted(steps, [lo, hi], "left")
            table = table.slice(int(first), int(end - first))
        lines: list[int] = table.column(LINE).to_pylist()
        steps_of: list[int] = table.column(STEP).to_pylist()
        stepless = self._stepless and not always_step
        rows: list[dict[str, Any]] = [{} if stepless else {STEP: step} for step in steps_of]
        for name in names:
            if name not in (STEP, LINE, RAW):
                self._fill(rows, name, table.column(name).to_pylist())
        if RAW in names:
            for i, raw in enumerate(table.column(RAW).to_pylist()):
                if raw is not None:
                    text = json.loads(raw) if lines[i] in self._odd else raw
                    rows[i] = {**(parse(text) or {RAW: text}), **rows[i]}
        return list(zip(lines, rows, strict=True))

    def _needed(self, keys: Sequence[str]) -> list[str]:
        """Columns that hold a key, or parts of it."""
        starts = tuple(f"{key}." for key in keys)
        always = {STEP, LINE, RAW, *keys}
        return [name for name in self.names if name in always or name.startswith(starts)]

    def _fill(self, rows: list[dict[str, Any]], name: str, values: list[Any]) -> None:
        as_json, path = name in self._json, self._nested.get(name)
        for row, value in zip(rows, values, strict=True):
            if value is None:
                continue
            found = json.loads(value) if as_json else value
            if path is None:
                row[name] = found
            else:
                inner = row
                for part in path[:-1]:
                    inner = inner.setdefault(part, {})
                inner[path[-1]] = found

    def points(self, names: Sequence[str]) -> dict[str, Points]:
        """The numbers of some keys, in the order of steps. Keys without numbers are left out."""
        import numpy as np  # noqa: PLC0415 - start-up time and memory

        stored = [name for name in names if name in self.names and name not in (STEP, LINE)]
        extra = [RAW] if RAW in self.names else []
        table = self._file.read(columns=[STEP, LINE, *stored, *extra], use_threads=False)
        steps, lines = table.column(STEP).to_numpy(), table.column(LINE).to_numpy()
        raws = self._raw_rows(table, lines) if extra else {}
        found: dict[str, Points] = {}
        for name in names:
            if name == STEP:
                found[name] = Points(lines, steps, steps.astype(np.float64))
                continue
            values, mask = np.full(steps.size, np.nan), np.zeros(steps.size, dtype=np.bool_)
            if name in stored:
                values, mask = self._column(table, name)
            for i, flattened in raws.items():
                size = number(flattened.get(name))
                if size is not None:
                    values[i], mask[i] = size, True
            if mask.any():
                found[name] = Points(lines[mask], steps[mask], values[mask])
        return found

    def _raw_rows(self, table: "pa.Table", lines: "NDArray[np.int64]") -> dict[int, dict[str, Any]]:
        return {
            i: dict(flat(parse(json.loads(raw) if int(lines[i]) in self._odd else raw) or {}))
            for i, raw in enumerate(table.column(RAW).to_pylist())
            if raw is not None
        }

    def _column(self, table: "pa.Table", name: str) -> "tuple[NDArray[np.float64], NDArray[np.bool_]]":
        import numpy as np  # noqa: PLC0415 - start-up time and memory
        import pyarrow as pa  # noqa: PLC0415

        column = table.column(name).combine_chunks()
        if isinstance(column, pa.ChunkedArray):
            column = column.chunk(0) if column.num_chunks else pa.array([], type=column.type)
        if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
            mask = np.asarray(column.is_valid())
            zero = 0.0 if pa.types.is_floating(column.type) else 0
            return column.fill_null(zero).to_numpy(zero_copy_only=False).astype(np.float64), mask
        as_json = name in self._json
        found = [
            None if value is None else number(json.loads(value) if as_json else value)
            for value in column.to_pylist()
        ]
        values = np.array([math.nan if one is None else one for one in found], dtype=np.float64)
        return values, np.array([one is not None for one in found], dtype=np.bool_)
