"""The process beside the server that makes segments, so that parsing never holds up an answer."""

from collections.abc import Sequence

from runstone.actions.child import Child, serve
from runstone.store.segments import Sealed, seal


class SealProcess(Child):
    """The child, one piece of work at a time."""

    def __init__(self) -> None:
        super().__init__("runstone.jobs.child")

    def __call__(self, line0: int, texts: Sequence[str], step: int) -> Sealed:
        """Make a segment. Raises `Unavailable` when the child died over it."""
        answer = self.ask(line0, list(texts), step)
        assert isinstance(answer, Sealed)
        return answer


if __name__ == "__main__":
    serve(seal)
