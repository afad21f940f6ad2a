"""Why a point was chosen and how it turned out, in plain sentences."""

from collections.abc import Mapping
from typing import Any

from runstone.domain.sweep import Metric


def tell(info: Mapping[str, Any], metric: Metric | None, value: float | None) -> list[str]:
    """Sentences for the page from a suggestion's `info`; `value` is what its run has reached, if anything."""
    said = [_origin(info), *_attempts(info)]
    if metric is not None and "predicted" in info:
        said += _expectation(info, metric)
        if value is not None:
            said.append(_outcome(info["predicted"], metric, value))
    elif metric is not None and value is not None:
        said.append(f"It reached {metric.name} = {_short(value)}.")
    said += [_sentence(warning) for warning in info.get("warnings", ())]
    return said


def _origin(info: Mapping[str, Any]) -> str:
    engine = info.get("engine")
    known = f"{info.get('n', 0)} finished runs with a value"
    if engine == "model":
        pending = info.get("pending", 0)
        open_runs = f", with {pending} open ones taken at their prediction" if pending else ""
        return f"Chosen by a model of {known}{open_runs}: the largest expected improvement."
    if engine == "initial design":
        return (
            f"Point {info['point']} of {info['points']} that are spread evenly over the space, "
            "before the model begins."
        )
    if engine == "grid":
        return f"Cell {info['cell'] + 1} of the {info['cells']} cells of the grid."
    if engine == "random":
        return "Drawn at random from the distributions of the configuration."
    return "Nothing is known about where this point came from."


def _attempts(info: Mapping[str, Any]) -> list[str]:
    return [
        f"Run {one['run']} tried it before and ended without a result"
        f"{': ' + one['cause'] if one.get('cause') else ''}."
        for one in info.get("attempts", ())
    ]


def _expectation(info: Mapping[str, Any], metric: Metric) -> list[str]:
    expected = info["predicted"]
    low, high = _short(expected["low"]), _short(expected["high"])
    value, best = _short(expected["value"]), _short(info["best"])
    said = [f"Expected {metric.name} = {value} ({low} to {high}); the best run so far was put at {best}."]
    near = [one for one in info.get("nearest", ()) if one.get("value") is not None]
    if near:
        words = ", ".join(f"{one['name']} ({_short(one['value'])})" for one in near)
        said.append(f"The nearest runs and their {metric.name}: {words}.")
    if info.get("unlucky"):
        said.append(f"{info['unlucky']} crashed runs among good neighbours were taken for bad luck.")
    if info.get("imputed"):
        said.append(
            f"{info['imputed']} runs without a value counted as the {metric.impute} one, "
            "as their neighbours failed too."
        )
    return said


def _outcome(expected: Mapping[str, float], metric: Metric, value: float) -> str:
    reached = f"It reached {_short(value)}, "
    if expected["low"] <= value <= expected["high"]:
        return reached + "as expected."
    return reached + (
        "better than expected." if metric.goal.better(value, expected["value"]) else "worse than expected."
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def _short(value: float) -> str:
    return f"{value:.4g}"
