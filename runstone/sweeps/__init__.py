"""Search as pure functions: the next point, the runs to stop, what mattered.

Nothing here (nor in `runstone.domain.sweep*`) reads a clock, a store or chance: the same
arguments give the same answer, in whatever order trials are listed. Whoever serves sweeps
calls, in the order of a sweep's life:

Configuration
    `domain.sweep_config.parse(text) -> ParsedSweep`: never raises; `.errors` (all at once),
    `.warnings`, `.config` (plain JSON to store), `.require() -> Sweep` or `Invalid`.

State
    `domain.sweep.next_state(state, event) -> SweepState` (or `Conflict`), `WANTED[word]` for
    the state a client asks for, `is_done(sweep, started=, running=, exhausted=,
    best_finished=) -> str | None`, `agent_turn(state, alive=, stop_requested=, handed_out=,
    room=) -> Turn` for one heartbeat, `encode_arguments(params)` for the wire.

From history to numbers (`domain.sweep_value`)
    `fold_row(progress, row, metric, rule)` at every logged row and `fold_summary` at a
    summary, both O(1); `Progress.to_json/from_json` to store the state;
    `choose_metric(metric, progresses) -> MetricChoice` (name, visible warning) is the rescue
    of a metric logged under a prefix; `value_of(progress, name, goal)`.

The next point
    `suggest.suggest(sweep, trials, seq, seed, since_seq=0) -> Suggestion | Wait | Exhausted`
    with `trial.Trial(seq, params, state, value, name, prior)` for every other slot, pending
    ones included. `seed` is the sweep's own: any int, e.g. from a hash of its id. The call
    takes up to a quarter of a second of CPU: call it outside transactions and off the event
    loop. `Suggestion.info` is JSON that explains the choice (keys in `bayes.explain`).

Stopping (`hyperband`)
    `course(name, running, progress, metric_name)` per run, then
    `to_stop(rule, goal, courses) -> list[Verdict]`; `savings(stopped, finished)` for the page's
    figures, from counts of iterations.

What mattered (`importance`)
    `importance.importance(sweep, trials, seed) -> Importance` with rows per parameter
    (importance, its uncertainty, correlation) and one plain sentence;
    `recommend.recommend(sweep, trials, seed)` the best trial by the model, not by luck.
"""
