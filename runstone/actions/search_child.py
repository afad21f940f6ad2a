"""The search's own process: it answers by the pure functions of `runstone.sweeps`."""

from collections.abc import Sequence

from runstone.actions.child import serve
from runstone.actions.question import Known, Question, as_trial, optimised
from runstone.domain.sweep_config import read_config
from runstone.sweeps.importance import Importance, Recommendation, importance, recommend
from runstone.sweeps.suggest import suggest
from runstone.sweeps.trial import Outcome


def answer(question: Question, *known: Sequence[Known]) -> Outcome | Importance | Recommendation | None:
    """The answer to a question about the trials given."""
    sweep = optimised(read_config(question.config_text).require(), question.metric_name)
    trials = [as_trial(one) for part in known for one in part]
    if question.kind == "importance":
        return importance(sweep, trials, question.seed)
    if question.kind == "recommend":
        return recommend(sweep, trials, question.seed)
    return suggest(sweep, trials, question.seq, question.seed, since_seq=question.since_seq)


if __name__ == "__main__":
    serve(answer)
