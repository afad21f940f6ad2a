"""A sweep without a server: the same search, programs started from here, trials in a file.

Each program gets its arguments as an agent would give them. What it logs is read from the
file that the client writes offline, and from lines of JSON that it may write to the file
named by `RUNSTONE_ROWS` (programs without the client).
"""

import contextlib
import json
import os
import re
import shlex
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from runstone.actions.question import optimised
from runstone.actions.sweep import new_name, seed_of
from runstone.domain.errors import Invalid
from runstone.domain.sweep import Sweep, encode_arguments
from runstone.domain.sweep_config import read_config
from runstone.domain.sweep_value import Progress, choose_metric, fold_row, value_of
from runstone.sweeps.hyperband import course, to_stop
from runstone.sweeps.importance import importance
from runstone.sweeps.recommend import Recommendation, recommend
from runstone.sweeps.suggest import suggest
from runstone.sweeps.trial import Suggestion, Trial, TrialState
from runstone.wire.offline import logged_rows

LOOK_EVERY_S = 1.0
_ENVVAR = re.compile(r"\$\{envvar:([A-Za-z0-9_]+)\}\Z")
_DEFAULT_COMMAND = ("${env}", "${interpreter}", "${program}", "${args}")


@dataclass(frozen=True)
class LocalTrial:
    """One line of the file of trials."""

    seq: int
    name: str
    params: dict[str, Any]
    state: str
    progress: dict[str, Any]
    info: dict[str, Any]


class LocalSweep:
    """A sweep in a directory: `sweep.yaml`, `trials.jsonl`, and a folder for each run.

    The same directory goes on where it was left: trials that had not ended are tried again.
    Raises `Invalid` for a faulty configuration, and for a directory of another one that
    cannot be an extension (another metric).
    """

    def __init__(self, config_text: str, directory: Path, at: Path) -> None:
        parsed = read_config(config_text)
        self.sweep, self.warnings = parsed.require(), parsed.warnings
        self.directory, self.at = directory, at
        directory.mkdir(parents=True, exist_ok=True)
        kept = directory / "sweep.yaml"
        if kept.exists():
            before = read_config(kept.read_text()).require()
            if before.metric != self.sweep.metric:
                raise Invalid(
                    f"{directory} holds a sweep with another metric. Give a fresh directory: --dir DIRECTORY"
                )
        kept.write_text(config_text)
        self.seed = self._seed()
        self.trials = self._read()
        self._lock = threading.Lock()
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        self._courses: dict[int, Progress] = {}
        self._stopped: set[int] = set()
        self._ending = False

    @property
    def metric_name(self) -> str | None:
        """The key that is really read, after the rescue of one logged behind a prefix."""
        if self.sweep.metric is None:
            return None
        return choose_metric(self.sweep.metric, [Progress.from_json(t.progress) for t in self.trials]).name

    def value(self, trial: LocalTrial) -> float | None:
        """The trial's best value."""
        metric, name = self.sweep.metric, self.metric_name
        return (
            None
            if metric is None or name is None
            else value_of(Progress.from_json(trial.progress), name, metric.goal)
        )

    def run(self, most: int | None, at_once: int, told: Callable[[LocalTrial, float | None], None]) -> str:
        """Run trials until the search or the cap ends, or `most` more have ended; says why it ended."""
        started = 0
        with ThreadPoolExecutor(at_once) as pool:
            open_: dict[Future[LocalTrial], LocalTrial] = {}
            try:
                while True:
                    why = self._full(len(open_)) or (
                        f"{most} runs made" if most is not None and started >= most else None
                    )
                    point = None if why else self._next(list(open_.values()))
                    if point is not None and len(open_) < at_once:
                        open_[pool.submit(self._try, point)] = point
                        started += 1
                        continue
                    if not open_:
                        return why or "every point of the grid has been tried"
                    for done in wait(open_, return_when=FIRST_COMPLETED).done:
                        open_.pop(done)
                        trial = done.result()
                        self._keep(trial)
                        told(trial, self.value(trial))
            except BaseException:
                self.end()
                raise

    def end(self) -> None:
        """Stop whatever runs now; those trials are tried again next time."""
        self._ending = True
        with self._lock:
            for process in self._running.values():
                _signal(process, signal.SIGTERM)

    def trusted(self) -> Recommendation | None:
        """The trial to trust by the model, None without two values."""
        return recommend(self._optimised(), self._known(()), self.seed) if self.sweep.metric else None

    def mattered(self) -> str | None:
        """Which parameters matter, in one sentence; None without a metric."""
        if self.sweep.metric is None:
            return None
        return importance(self._optimised(), self._known(()), self.seed).sentence

    def _optimised(self) -> Sweep:
        return optimised(self.sweep, self.metric_name)

    def _full(self, running: int) -> str | None:
        metric, cap = self.sweep.metric, self.sweep.run_cap
        if cap is not None and len(self.trials) + running >= cap:
            return f"run_cap of {cap} reached"
        if metric is not None and any(
            trial.state == "finished" and metric.reached(self.value(trial)) for trial in self.trials
        ):
            return f"a finished run reached the target {metric.target:g} of {metric.name!r}"
        return None

    def _next(self, running: Sequence[LocalTrial]) -> LocalTrial | None:
        seq = 1 + max((trial.seq for trial in (*self.trials, *running)), default=-1)
        found = suggest(self._optimised(), self._known(running), seq, self.seed)
        if isinstance(found, Suggestion):
            return LocalTrial(seq, new_name(), found.params, "running", {}, found.info)
        return None

    def _known(self, running: Sequence[LocalTrial]) -> list[Trial]:
        ended = [Trial(t.seq, t.params, TrialState(t.state), self.value(t), t.name) for t in self.trials]
        return ended + [Trial(t.seq, t.params, TrialState.RUNNING, None, t.name) for t in running]

    def _try(self, trial: LocalTrial) -> LocalTrial:
        place = self.directory / trial.name
        place.mkdir()
        parameters = place / "parameters.json"
        parameters.write_text(json.dumps(encode_arguments(trial.params)))
        rows = place / "rows.jsonl"
        environment = {
            **os.environ,
            "WANDB_MODE": "offline",
            "WANDB_DIR": str(place),
            "WANDB_RUN_ID": trial.name,
            "WANDB_SWEEP_PARAM_PATH": str(parameters),
            "RUNSTONE_ROWS": str(rows),
        }
        command = self.command(trial.params, place)
        with (place / "output.log").open("wb") as output:
            try:
                process = subprocess.Popen(  # noqa: S603 - the person's own program
                    command, cwd=self.at, env=environment, stdout=output, stderr=output,
                    stdin=subprocess.DEVNULL, start_new_session=True,
                )  # fmt: skip
            except OSError as error:
                raise Invalid(f"{shlex.join(command)} could not be started: {error.strerror}.") from None
        with self._lock:
            self._running[trial.seq] = process
        progress = Progress()
        while process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(LOOK_EVERY_S)
            progress = self._look(trial, place, rows)
        with self._lock:
            del self._running[trial.seq]
        progress = self._look(trial, place, rows)
        if self._ending:
            state = "running"
        elif trial.seq in self._stopped:
            state = "stopped"
        else:
            state = "finished" if process.returncode == 0 else "failed"
        return replace(trial, state=state, progress=progress.to_json())

    def _look(self, trial: LocalTrial, place: Path, rows: Path) -> Progress:
        """What the run has logged, and whether hyperband gives up on it or another one."""
        progress = Progress()
        metric = self.sweep.metric
        if metric is None:
            return progress
        for row in _rows(place, rows):
            fold_row(progress, row, metric, self.sweep.early_terminate)
        if self.sweep.early_terminate is None:
            return progress
        name = self.metric_name or metric.name
        with self._lock:
            before = self._courses.get(trial.seq, Progress()).keys.get(name)
            self._courses[trial.seq] = progress
            ended = [
                course(t.name, False, Progress.from_json(t.progress), name)
                for t in self.trials
                if t.seq not in self._running
            ]
            live = [
                course(
                    str(seq),
                    seq in self._running,
                    one,
                    name,
                    (set() if before is None else set(before.bands)) if seq == trial.seq else None,
                )
                for seq, one in self._courses.items()
            ]
            for verdict in to_stop(self.sweep.early_terminate, metric.goal, [*ended, *live]):
                seq = int(verdict.name)
                if seq not in self._stopped:
                    self._stopped.add(seq)
                    _signal(self._running[seq], signal.SIGTERM)
        return progress

    def command(self, params: dict[str, Any], place: Path) -> list[str]:
        """The words of a run's command line."""
        flat = {name: str(value) for name, value in params.items()}  # as agents write them
        text = json.dumps(params)
        many: dict[str, list[str]] = {
            "${env}": ["/usr/bin/env"],
            "${interpreter}": ["python"],
            "${program}": [self.sweep.program] if self.sweep.program else [],
            "${args}": [f"--{k}={v}" for k, v in flat.items()],
            "${args_no_hyphens}": [f"{k}={v}" for k, v in flat.items()],
            "${args_no_equals}": [word for k, v in flat.items() for word in (f"--{k}", v)],
            "${args_no_boolean_flags}": [
                f"--{k}" if params[k] is True else f"--{k}={v}"
                for k, v in flat.items()
                if params[k] is not False
            ],
            "${args_json}": [text],
            "${args_json_file}": [str(place / "arguments.json")],
            "${args_append_hydra}": [f"+{k}={v}" for k, v in flat.items()],
            "${args_override_hydra}": [f"++{k}={v}" for k, v in flat.items()],
        }
        words: list[str] = []
        for word in self.sweep.command or _DEFAULT_COMMAND:
            variable = _ENVVAR.match(word)
            if word == "${args_json_file}":
                (place / "arguments.json").write_text(text)
            if word == "${program}" and not self.sweep.program:
                raise Invalid("program: expected the program to run, e.g. `program: train.py`, got nothing.")
            words += [os.environ.get(variable[1], "")] if variable else many.get(word, [word])
        return words

    def _keep(self, trial: LocalTrial) -> None:
        if trial.state == "running":
            return
        with self._lock:
            self.trials.append(trial)
            self._courses.pop(trial.seq, None)
            with (self.directory / "trials.jsonl").open("a") as file:
                file.write(json.dumps(asdict(trial)) + "\n")

    def _read(self) -> list[LocalTrial]:
        path = self.directory / "trials.jsonl"
        found = []
        for line in path.read_text().splitlines() if path.exists() else ():
            with contextlib.suppress(ValueError):  # cut off by a crash: tried again
                found.append(LocalTrial(**json.loads(line)))
        return found

    def _seed(self) -> int:
        path = self.directory / "seed"
        if not path.exists():
            path.write_text(new_name())
        return seed_of(path.read_text().strip())


def _rows(place: Path, rows: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(place.glob("wandb/*run-*/*.wandb"), key=lambda p: p.stat().st_mtime):
        yield from logged_rows(path)
    for line in rows.read_text().splitlines() if rows.exists() else ():
        with contextlib.suppress(ValueError):
            row = json.loads(line)
            if isinstance(row, dict):
                yield row


def _signal(process: "subprocess.Popen[bytes]", number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)
