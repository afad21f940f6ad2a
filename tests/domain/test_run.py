"""How a run ended, as its exit code tells."""

import pytest

from runstone.domain.run import PREEMPTED_CAUSE, STOPPED, Ending, RunState, ending_of


@pytest.mark.parametrize(
    ("exit_code", "more", "state", "cause"),
    [
        (0, {}, RunState.FINISHED, None),
        (0, {"stopped_by": STOPPED, "preempting": True}, RunState.FINISHED, None),
        (3, {}, RunState.FAILED, "exit code 3"),
        (-9, {}, RunState.FAILED, "exit code -9"),
        (255, {}, RunState.KILLED, "interrupted"),
        (137, {}, RunState.KILLED, "signal 9"),
        (255, {"stopped_by": STOPPED}, RunState.KILLED, STOPPED),
        (1, {"preempting": True}, RunState.PREEMPTED, PREEMPTED_CAUSE),
    ],
)
def test_an_exit_code_tells_state_and_cause(
    exit_code: int, more: dict[str, str | bool], state: RunState, cause: str | None
) -> None:
    assert ending_of(exit_code, **more) == Ending(state, cause)  # type: ignore[arg-type]
