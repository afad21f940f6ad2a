"""Collecting what is wrong in a sweep's configuration, so that all of it is said at once."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from runstone.domain.distribution import canonical, is_number
from runstone.domain.errors import Invalid


@dataclass(frozen=True)
class ConfigError:
    """One fault: where, what was expected, what stood there, the nearest valid spelling if any."""

    path: str
    expected: str
    got: str
    nearest: str | None = None

    def __str__(self) -> str:
        hint = f"; did you mean {self.nearest!r}?" if self.nearest else ""
        return f"{self.path}: expected {self.expected}, got {self.got}{hint}"


@dataclass
class Problems:
    """Errors and warnings found so far."""

    errors: list[ConfigError] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def error(self, path: str, expected: str, got: object, known: Iterable[str] = ()) -> None:
        """Note an error; `known` spellings near to `got` are offered."""
        self.errors.append(ConfigError(path, expected, show(got), nearest(got, known)))

    def unknown_keys(self, path: str, found: Mapping[str, Any], known: Iterable[str]) -> None:
        """Warn of keys that mean nothing here."""
        names = list(known)
        for key in found:
            if key not in names:
                close = nearest(key, names)
                hint = f"; did you mean {close!r}?" if close else ""
                where = f"{path}.{key}" if path else key
                self.warnings.append(f"{where}: unknown key, ignored{hint}")

    def number(self, path: str, value: Any) -> float | int | None:
        """A finite number, from text too (with a warning); None and an error otherwise."""
        if is_number(value):
            return value  # type: ignore[no-any-return]
        if isinstance(value, str):
            number = as_number(value)
            if number is not None:
                self.warnings.append(f"{path}: the text {value!r} is taken as the number {number!r}")
                return number
        self.error(path, "a finite number", value)
        return None

    def integer(self, path: str, value: Any, least: int) -> int | None:
        """A whole number of at least `least`; None and an error otherwise."""
        before = len(self.errors)
        number = self.number(path, value)
        if number is not None and float(number).is_integer() and number >= least:
            return int(number)
        del self.errors[before:]
        self.error(path, f"a whole number of at least {least}", value)
        return None

    def choice(self, path: str, value: Any, known: Iterable[str]) -> str | None:
        """One of the `known` words; None and an error otherwise."""
        words = list(known)
        if isinstance(value, str) and value in words:
            return value
        self.error(path, f"one of {', '.join(words)}", value, words)
        return None

    def text(self, path: str, value: Any) -> str | None:
        """Text, also from a number; None for null; an error otherwise."""
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        self.error(path, "text", value)
        return None


def as_number(text: str) -> float | int | None:
    """The finite number a text spells, else None: `1e-4`, ` 3 `, `.5`; not `nan`, not `0x10`, not `1_0`."""
    if "_" in text:
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    if not is_number(number):
        return None
    try:
        return int(text)
    except ValueError:
        return number


def nearest(got: object, known: Iterable[str]) -> str | None:
    """The known spelling closest to `got`, None if none is close."""
    if not isinstance(got, str):
        return None
    by_lower = {name.lower(): name for name in known}
    close = difflib.get_close_matches(got.lower(), by_lower, n=1, cutoff=0.6)
    if close:
        return by_lower[close[0]]
    if len(got) >= 3:
        return next((name for low, name in by_lower.items() if low.startswith(got.lower())), None)
    return None


def show(value: object) -> str:
    """A value in an error: JSON, cut to one short line."""
    if value is None:
        return "nothing"
    try:
        text = canonical(value)
    except (TypeError, ValueError):
        text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def raise_all(errors: Iterable[ConfigError]) -> None:
    """Raise one `Invalid` with every error, one a line; do nothing if there is none."""
    lines = [f"- {error}" for error in errors]
    if lines:
        count = "1 error" if len(lines) == 1 else f"{len(lines)} errors"
        raise Invalid(
            f"sweep configuration: {count}. Correct and create the sweep again.\n" + "\n".join(lines)
        )
