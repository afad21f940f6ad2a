"""A client that streams one run, for tests of whatever reads it."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from runstone.actions.history import Answer, Post, receive
from runstone.actions.run import RunChange, upsert_run
from runstone.actions.seal import seal_stream
from runstone.domain.history import Chunk, Key, Stream
from runstone.domain.ids import ProjectId, RunId
from runstone.domain.viewer import Viewer
from runstone.store.history import ConsoleLine
from runstone.store.opening import Store
from tests.conftest import NOW


class Writer:
    """A client that streams one run."""

    def __init__(
        self, store: Store, viewer: Viewer, run: str = "r1", entity: str = "lab", project: str = "p"
    ) -> None:
        self.store, self.viewer, self.run, self.now = store, viewer, run, NOW
        self.entity, self.project = entity, project

    def begin(self, *, resumed: bool | None = None) -> None:
        """Initialise the run, as a client does before it streams."""
        said = RunChange(
            entity=self.entity,
            project=self.project,
            name=self.run,
            host="box",
            writer_id=str(self.now),
            resumed=resumed,
        )
        upsert_run(self.store, self.viewer, said, self.now)

    def post(self, **values: Any) -> Answer:
        """One message, acknowledged."""
        self.now += timedelta(seconds=1)
        return receive(
            self.store, self.viewer, self.entity, self.project, self.run, Post(**values), self.now
        ).result()

    def send(self, line0: int, lines: Sequence[Any], stream: Stream = Stream.HISTORY) -> None:
        """Lines (texts, or rows that become JSON) from a number on."""
        texts = tuple(line if isinstance(line, str) else json.dumps(line) for line in lines)
        self.post(chunks=(Chunk(stream, line0, texts),))

    def row(self) -> Any:
        """The run's row."""
        with self.store.reading() as reads:
            project = reads.project(self.viewer, self.entity, self.project)
            assert project is not None
            found = reads.run(self.viewer, ProjectId(project.id), self.run)
        assert found is not None
        return found

    def rows(self, stream: Stream = Stream.HISTORY) -> list[tuple[int, dict[str, Any]]]:
        """Every row as (line, row)."""
        row = self.row()
        with self.store.reading() as reads:
            return reads.rows(row, stream)

    def keys(self, stream: Stream = Stream.HISTORY) -> dict[str, Key]:
        """What is known of every key."""
        row = self.row()
        with self.store.reading() as reads:
            return reads.keys(row, stream)

    def console(self) -> list[ConsoleLine]:
        """Every printed line."""
        row = self.row()
        with self.store.reading() as reads:
            return reads.console(row)

    def stream(self, stream: Stream = Stream.HISTORY) -> Any:
        """The stream's own row."""
        row = self.row()
        with self.store.reading() as reads:
            return reads.streams(row)[stream]

    def seal(self, stream: Stream = Stream.HISTORY, *, everything: bool = True) -> int:
        """Seal what there is; how many segments were made."""
        row = self.row()
        return seal_stream(self.store, RunId(row.id), row.epoch, stream, self.now, everything=everything)


def row(step: int, **values: Any) -> dict[str, Any]:
    """A history row with a time that follows from its step."""
    return {"_step": step, "_timestamp": 1000.0 + step, **values}
