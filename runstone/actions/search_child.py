"""The search's own process: it answers by the pure functions of `runstone.sweeps`."""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from runstone.actions.child import serve
from runstone.actions.question import Known, Question, as_trial, optimised
from runstone.domain.errors import Busy
from runstone.domain.sweep_config import read_config
from runstone.sweeps.importance import Importance, importance
from runstone.sweeps.recommend import Recommendation, recommend
from runstone.sweeps.suggest import suggest
from runstone.sweeps.trial import Outcome


def answer(question: Question, *known: Sequence[Known]) -> Outcome | Importance | Recommendation | None:
    """The answer to a question about the trials given. Raises `Busy` when its CPU time is used up."""
    with cpu_limit(question.cpu_limit_s):
        return _answer(question, known)


# Seconds of CPU time after which the limit is told once more: Python drops what is raised in a
# finalizer or in the callback of a weak reference, and each import runs such callbacks.
_AGAIN_S = 0.02


class _Spent(BaseException):
    """Not an `Exception`: what takes those for bad input shall let it through."""


@contextmanager
def cpu_limit(seconds: float) -> Iterator[None]:
    """Raise `Busy` in the midst of what is done here, once this process has spent that much CPU time on it.

    Where a system has no such timer, the clock of whoever asked is the only limit.
    """
    if not hasattr(signal, "setitimer"):
        yield
        return

    def spent(*_: Any) -> None:
        raise _Spent

    signal.signal(signal.SIGPROF, spent)
    signal.setitimer(signal.ITIMER_PROF, seconds, _AGAIN_S)
    try:
        yield
    except _Spent:
        raise Busy(f"the search took more than {seconds:g} s of CPU time") from None
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)


def _answer(
    question: Question, known: Sequence[Sequence[Known]]
) -> Outcome | Importance | Recommendation | None:
    sweep = optimised(read_config(question.config_text).require(), question.metric_name)
    trials = [as_trial(one) for part in known for one in part]
    if question.kind == "importance":
        return importance(sweep, trials, question.seed)
    if question.kind == "recommend":
        return recommend(sweep, trials, question.seed)
    return suggest(sweep, trials, question.seq, question.seed, since_seq=question.since_seq)


if __name__ == "__main__":
    serve(answer)
