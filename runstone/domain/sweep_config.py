"""The text a client sends to create a sweep, read into a `Sweep` or into all its errors at once.

The text is YAML (or JSON, which is nearly a subset), usually written by a YAML 1.1 library
that leaves `1e-4` bare although it takes it for text. It is therefore read by the number
rule of YAML 1.2, and numeric settings given as text are coerced with a warning. Entries of
`values` are never coerced.
"""

import datetime
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal, cast

from runstone.domain.distribution import Json
from runstone.domain.errors import Invalid
from runstone.domain.filter import parse_filter
from runstone.domain.space import Space
from runstone.domain.sweep import Goal, Hyperband, Method, Metric, Sweep, WarmStart
from runstone.domain.sweep_parameters import read_parameters, unlistable
from runstone.domain.sweep_problem import ConfigError, Problems, raise_all

_MOST_BYTES = 2_000_000
_MOST_NODES = 500_000
_STORED = (
    "name", "description", "program", "command", "project", "entity", "controller", "job", "image_uri",
    "scheduler", "apiVersion", "kind", "imports", "notes", "tags", "template_variables", "resource",
    "resource_args", "launch",
)  # fmt: skip
_KNOWN = (
    *("method", "metric", "metrics", "parameters", "early_terminate", "run_cap", "retries", "warm_start"),
    *_STORED,
)
_SWEEP = re.compile(r"[^/]+(/[^/]+){0,2}\Z")
_IMPUTE = ("worst", "best", "latest")


@dataclass(frozen=True)
class ParsedSweep:
    """A configuration as read. `sweep` is None exactly when there are `errors`.

    config: the whole mapping as plain JSON, unknown keys included, for showing it again.
    """

    sweep: Sweep | None
    errors: list[ConfigError] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    config: dict[str, Json] = field(default_factory=dict)

    def require(self) -> Sweep:
        """The sweep, or `Invalid` with every error."""
        raise_all(self.errors)
        assert self.sweep is not None
        return self.sweep


def parse(config_text: str) -> ParsedSweep:
    """Read a sweep's configuration. Never raises for bad text: all faults come back as errors."""
    problems = Problems()
    config = _load(config_text, problems)
    if config is None:
        return ParsedSweep(None, problems.errors, problems.warnings)
    problems.unknown_keys("", config, _KNOWN)
    method = _method(config, problems)
    space = read_parameters(config.get("parameters"), problems)
    metric = _metric(config, method, problems)
    sweep = Sweep(
        method=method or Method.RANDOM,
        space=space,
        metric=metric,
        early_terminate=_early_terminate(config.get("early_terminate"), metric, problems),
        run_cap=None if config.get("run_cap") is None else problems.integer("run_cap", config["run_cap"], 1),
        retries=problems.integer("retries", config.get("retries") or 0, 0) or 0,
        warm_start=_warm_start(config.get("warm_start"), problems),
        name=problems.text("name", config.get("name")),
        description=problems.text("description", config.get("description")),
        program=problems.text("program", config.get("program")),
        command=_command(config.get("command"), problems),
        controller=_controller(config.get("controller"), problems),
        extra={k: v for k, v in config.items() if k in _STORED},
    )
    if method is Method.GRID:
        _check_grid(space, problems)
    return ParsedSweep(None if problems.errors else sweep, problems.errors, problems.warnings, config)


@lru_cache(maxsize=64)
def read_config(text: str) -> ParsedSweep:
    """`parse`, remembered: each heartbeat needs it. Leave what it holds as it is."""
    return parse(text)


def _load(text: str, problems: Problems) -> dict[str, Json] | None:
    if len(text) > _MOST_BYTES:
        problems.error("(whole text)", f"at most {_MOST_BYTES} characters", f"{len(text)}")
        return None
    try:
        data = json.loads(text) if text.lstrip().startswith("{") else _yaml(text)
    except ValueError:  # a flow mapping that is YAML and no JSON
        data = _yaml_or_error(text, problems)
    except Exception as error:  # noqa: BLE001 - whatever the YAML reader trips over is the text's fault
        _not_yaml(error, problems)
        return None
    if problems.errors:
        return None
    if not isinstance(data, dict):
        problems.error("(whole text)", "a mapping with `method` and `parameters`", data)
        return None
    budget = [_MOST_NODES]
    try:
        return cast(dict[str, Json], _plain(data, budget, 0))
    except ValueError as error:
        problems.error("(whole text)", "at most 500,000 values, nested at most 50 deep", str(error))
        return None


def _yaml(text: str) -> Any:
    from ruamel.yaml import YAML  # noqa: PLC0415 - start-up time

    return YAML(typ="safe", pure=True).load(text)


def _yaml_or_error(text: str, problems: Problems) -> Any:
    try:
        return _yaml(text)
    except Exception as error:  # noqa: BLE001 - as above
        _not_yaml(error, problems)
        return None


def _not_yaml(error: Exception, problems: Problems) -> None:
    mark = getattr(error, "problem_mark", None)
    where = f"line {mark.line + 1}, column {mark.column + 1}" if mark is not None else "(whole text)"
    what = getattr(error, "problem", None) or str(error).splitlines()[0]
    problems.errors.append(ConfigError(where, "YAML or JSON", str(what)))


def _plain(value: Any, budget: list[int], depth: int) -> Json:
    """Only JSON types: text keys, dates back to text. Bounded, as YAML aliases can multiply."""
    budget[0] -= 1
    if budget[0] < 0 or depth > 50:
        raise ValueError("more")
    if isinstance(value, Mapping):
        return {_key(k): _plain(v, budget, depth + 1) for k, v in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(v, budget, depth + 1) for v in value]
    if isinstance(value, datetime.date):
        return value.isoformat()
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return str(value)


def _key(key: Any) -> str:
    return key if isinstance(key, str) else json.dumps(key, default=str)


def _method(config: Mapping[str, Json], problems: Problems) -> Method | None:
    found = config.get("method")
    if found == "custom":
        problems.error(
            "method",
            "grid, random or bayes (custom needs a controller of your own, which this server lacks)",
            found,
        )
        return None
    word = problems.choice("method", found, [m.value for m in Method])
    return None if word is None else Method(word)


def _metric(config: Mapping[str, Json], method: Method | None, problems: Problems) -> Metric | None:
    several = config.get("metrics")
    if isinstance(several, list) and len(several) == 1 and config.get("metric") is None:
        config = {**config, "metric": several[0]}
    elif several:
        problems.error("metrics", "one `metric` (several objectives are not supported)", several)
    found = config.get("metric")
    if found is None:
        if method is Method.BAYES:
            problems.error("metric", "{name: ..., goal: minimize or maximize}, as bayes needs one", None)
        return None
    if not isinstance(found, Mapping):
        problems.error("metric", "{name: ..., goal: minimize or maximize}", found)
        return None
    problems.unknown_keys("metric", found, ("name", "goal", "target", "impute", "impute_while_running"))
    name = found.get("name")
    if not isinstance(name, str) or not name:
        problems.error("metric.name", "the key your program logs, e.g. val_loss", name)
        name = "?"
    goal = problems.choice("metric.goal", found.get("goal") or "minimize", [g.value for g in Goal])
    target = found.get("target")
    impute = problems.choice("metric.impute", found.get("impute") or "worst", _IMPUTE)
    while_running = found.get("impute_while_running")
    if while_running is None or while_running is False:
        while_running = "false"
    while_running = problems.choice("metric.impute_while_running", while_running, (*_IMPUTE, "false"))
    return Metric(
        name=name,
        goal=Goal(goal or "minimize"),
        target=None if target is None else problems.number("metric.target", target),
        impute=cast(Literal["worst", "best", "latest"], impute or "worst"),
        impute_while_running=cast(Literal["worst", "best", "latest", "false"], while_running or "false"),
    )


def _early_terminate(found: Json, metric: Metric | None, problems: Problems) -> Hyperband | None:
    if found is None or (isinstance(found, Mapping) and not found):
        return None
    where = "early_terminate"
    if not isinstance(found, Mapping):
        problems.error(where, "{type: hyperband, min_iter: ...}", found)
        return None
    problems.unknown_keys(where, found, ("type", "min_iter", "max_iter", "s", "eta", "strict"))
    before = len(problems.errors)
    problems.choice(f"{where}.type", found.get("type"), ("hyperband",))
    numbers = {
        key: None if found.get(key) is None else problems.integer(f"{where}.{key}", found[key], 1)
        for key in ("min_iter", "max_iter", "s")
    }
    eta = 3.0 if found.get("eta") is None else problems.number(f"{where}.eta", found["eta"])
    if eta is not None and eta <= 1:
        problems.error(f"{where}.eta", "a number above 1", eta)
    strict = found.get("strict", False)
    if not isinstance(strict, bool):
        problems.error(f"{where}.strict", "true or false", strict)
    if len(problems.errors) == before:
        if numbers["min_iter"] is None and (numbers["max_iter"] is None or numbers["s"] is None):
            problems.error(where, "`min_iter`, or `max_iter` and `s`", found)
        if numbers["min_iter"] is not None and numbers["max_iter"] is not None:
            problems.warnings.append(f"{where}: `min_iter` is used, `max_iter` and `s` are ignored")
        if metric is None:
            problems.error("metric", "{name: ..., goal: ...}, as early_terminate needs one", None)
    if len(problems.errors) > before or eta is None:
        return None
    if numbers["min_iter"] is not None:
        return Hyperband(float(eta), min_iter=numbers["min_iter"], strict=strict)
    return Hyperband(float(eta), max_iter=numbers["max_iter"], s=numbers["s"], strict=strict)


def _warm_start(found: Json, problems: Problems) -> WarmStart | None:
    if found is None:
        return None
    where, example = "warm_start", "{sweeps: [ID, ...]} or {filter: {state: finished}}"
    if not isinstance(found, Mapping):
        problems.error(where, example, found)
        return None
    problems.unknown_keys(where, found, ("sweeps", "filter", "limit"))
    sweeps = found.get("sweeps")
    sweeps = [sweeps] if isinstance(sweeps, str) else [] if sweeps is None else sweeps
    if not isinstance(sweeps, list) or not all(isinstance(one, str) and _SWEEP.match(one) for one in sweeps):
        problems.error(f"{where}.sweeps", "a list of ID, PROJECT/ID or ENTITY/PROJECT/ID", sweeps)
        return None
    wanted = found.get("filter")
    if wanted is not None:
        try:
            parse_filter(wanted)
        except Invalid as error:
            problems.error(f"{where}.filter", "a filter of runs such as {state: finished}", error.message)
            return None
    if not sweeps and wanted is None:
        problems.error(where, example, found)
        return None
    limit = found.get("limit")
    most = WarmStart.MOST if limit is None else problems.integer(f"{where}.limit", limit, 1)
    return WarmStart(tuple(sweeps), cast(Mapping[str, Json] | None, wanted), min(most or 1, WarmStart.MOST))


def _command(found: Json, problems: Problems) -> tuple[str, ...] | None:
    if found is None:
        return None
    if isinstance(found, list) and all(isinstance(word, str | int | float) for word in found):
        return tuple(str(word) for word in found)
    problems.error("command", "a list of words, e.g. [python, ${program}, ${args}]", found)
    return None


def _controller(found: Json, problems: Problems) -> str:
    if found is None or (isinstance(found, Mapping) and not found):
        return "cloud"
    if not isinstance(found, Mapping):
        problems.error("controller", "{type: cloud}", found)
        return "cloud"
    kind = found.get("type")
    if kind == "local":
        problems.error("controller.type", "cloud (this server chooses the points itself)", kind)
    elif kind is not None:
        problems.choice("controller.type", kind, ("cloud", "local"))
    return "cloud"


def _check_grid(space: Space, problems: Problems) -> None:
    for parameter in unlistable(space):
        problems.error(
            f"parameters.{parameter.name}",
            "values that a grid can list: `values`, two whole limits, or q_uniform",
            "a continuous range",
        )
