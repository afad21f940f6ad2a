"""A slot of a sweep: one point handed to one agent, from the claim to the result."""

from enum import StrEnum

from runstone.domain.run import ENDED, RunState


class SlotState(StrEnum):
    """How far a slot is.

    RESERVED: claimed, its point is being computed. QUEUED: its point waits for the next agent, as
    the run that had it came to nothing. ASSIGNED: handed to an agent, no run yet.
    STOPPED: ended early on purpose, its value counts. RELEASED: given back, counts for nothing.
    """

    RESERVED = "reserved"
    QUEUED = "queued"
    ASSIGNED = "assigned"
    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"
    RELEASED = "released"


OPEN = (SlotState.RESERVED, SlotState.QUEUED, SlotState.ASSIGNED, SlotState.RUNNING)


def slot_state(run_state: str, stop_requested: bool) -> SlotState:
    """The state of a slot whose run is in `run_state` (our word for it).

    A run that was asked to stop and ended counts as stopped, however its process ended.
    """
    if run_state not in ENDED:
        return SlotState.RUNNING
    if stop_requested:
        return SlotState.STOPPED
    return SlotState.FINISHED if run_state == RunState.FINISHED else SlotState.FAILED
