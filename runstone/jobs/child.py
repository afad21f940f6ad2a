"""The process beside the server that makes segments, so that parsing never holds up an answer."""

from runstone.actions.child import Child, serve
from runstone.store.lines import Tail
from runstone.store.segments import Sealed, seal_first


class SealProcess(Child):
    """The child, one piece of work at a time."""

    def __init__(self) -> None:
        super().__init__("runstone.jobs.child")

    def __call__(self, tail: Tail) -> Sealed | None:
        """Make a segment as `seal_first` does. Raises `Unavailable` when the child died over it."""
        answer = self.ask(tail)
        assert answer is None or isinstance(answer, Sealed)
        return answer


if __name__ == "__main__":
    serve(seal_first)
