"""What segments give beside their rows: pyramids, and what is known of keys.

It is made while lines are sealed. Here it is made again from the segments alone: to check it, to
repair it, and for a run that begins with a part of another's.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row

from runstone.domain.history import Key, Stream
from runstone.store.history import as_text
from runstone.store.reads import Reads

if TYPE_CHECKING:
    from runstone.store.segments import Sealed


@dataclass(slots=True)
class Derived:
    """What segments give: parts of pyramids by (key, level, number), as bytes and as rows, and keys.

    complete: whether every segment could be read. last_step: the step of their last line.
    """

    parts: dict[tuple[str, int, int], bytes] = field(default_factory=dict)
    rows: dict[tuple[str, int, int], dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, Key] = field(default_factory=dict)
    complete: bool = True
    last_step: int = 0


class _Memory:
    """Where the parts of pyramids lie while they are made again."""

    def __init__(self, ids: Mapping[str, int]) -> None:
        self._parts: dict[tuple[int, int], list[dict[str, Any]]] = {}
        self._ids = ids

    def add(self, name: str, part: dict[str, Any]) -> None:
        """Store a part, over the one of its number."""
        own = self._parts.setdefault((self._ids[name], part["level"]), [])
        own[part["part"] :] = [part]

    def last_parts(self, run_id: int, epoch: int, stream: Stream) -> dict[tuple[int, int], Any]:
        """The last part of each key and level above rows."""
        return {of: SimpleNamespace(**own[-1]) for of, own in self._parts.items() if of[1] > 0}

    def level_parts(self, run_id: int, epoch: int, stream: Stream, key_id: int, level: int) -> list[bytes]:
        """All parts of one key and level."""
        return [part["data"] for part in self._parts.get((key_id, level), [])]

    def all(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Each part with the id of its key."""
        for (key_id, _), own in self._parts.items():
            for part in own:
                yield key_id, part


def derive(reads: Reads, row: Row[Any], segments: Sequence[Row[Any]]) -> Derived:
    """What the first segments of a stream give, segment by segment as when they were sealed."""
    from runstone.store.segments import grown  # noqa: PLC0415 - start-up time and memory

    found = Derived()
    ids: dict[str, int] = {}
    memory = _Memory(ids)
    step = 0
    for segment in segments:
        sealed = _sealed_again(reads, segment, step)
        if sealed is None:
            return replace(found, complete=False)
        step = found.last_step = sealed.last_step
        for name in sealed.keys:
            ids.setdefault(name, len(ids))
        for name, key in sealed.keys.items():
            if name in found.keys:
                found.keys[name].extend(key)
            else:
                found.keys[name] = key
        at: Any = SimpleNamespace(run_id=row.run_id, epoch=row.epoch, stream=row.stream, next_seq=segment.seq)
        for name, part in grown(memory, at, sealed, ids):
            memory.add(name, part)
    names = {number: name for name, number in ids.items()}
    for key_id, part in memory.all():
        if part["level"] > 0 or len(segments) == 1:
            of = names[key_id], part["level"], part["part"]
            found.parts[of], found.rows[of] = part["data"], part
    return found


def _sealed_again(reads: Reads, segment: Row[Any], step: int) -> "Sealed | None":
    from runstone.store.segments import seal  # noqa: PLC0415 - start-up time and memory

    read = reads.segment(segment)
    if read is None:
        return None
    rows = sorted(read.rows(always_step=segment.stream == Stream.HISTORY), key=lambda pair: pair[0])
    return seal(segment.line0, [as_text(one) for _, one in rows], step)
