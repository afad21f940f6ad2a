"""One bar over all stages with the time that is left; plain lines where nobody watches."""

import sys
from collections.abc import Mapping, Sequence
from types import TracebackType

from tools.demo_stages import Stage

WIDTH = 34


def clock(seconds: float) -> str:
    """`8 s`, `2 min 05 s`."""
    whole = max(0, round(seconds))
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60:02d} s"


class Estimate:
    """How far the whole is, by the stages' expected times and by how this machine compares with them."""

    def __init__(self, stages: Sequence[Stage], remembered: Mapping[str, float]) -> None:
        """`remembered`: seconds by stage from an earlier run on this machine."""
        self._expected = {one.name: remembered.get(one.name, one.expected_s) for one in stages}
        self._ahead = [one.name for one in stages]
        self._done_expected = 0.0
        self._done_s = 0.0
        self._total = sum(self._expected.values())

    @property
    def pace(self) -> float:
        """How much slower this machine is than expected, from the stages that are done; 1 before."""
        return self._done_s / self._done_expected if self._done_expected else 1.0

    def finish(self, took: float) -> None:
        """The first stage ahead is done."""
        self._done_expected += self._expected[self._ahead.pop(0)]
        self._done_s += took

    def now(self, elapsed: float, share: float | None) -> tuple[float, float]:
        """Share of everything that is done, 0 to 1, and seconds left.

        `elapsed` and `share` are of the current stage; without a share its time counts, and
        a stage that takes longer than expected waits at 95 %.
        """
        if not self._ahead:
            return 1.0, 0.0
        current = self._expected[self._ahead[0]]
        later = sum(self._expected[name] for name in self._ahead[1:])
        by_clock = min(elapsed / (current * self.pace), 0.95)
        if share is None:
            done, left = by_clock, max(current * self.pace - elapsed, 1.0)
        else:
            # What was seen of this stage counts the more, the more of it was seen.
            seen = elapsed / share - elapsed if share > 0 else current * self.pace
            planned = current * self.pace * (1 - share)
            done, left = share, share * seen + (1 - share) * planned
        reached = (self._done_expected + done * current) / self._total
        return reached, left + later * self.pace


class Progress:
    """Shows the stages on standard output."""

    def __init__(self, stages: Sequence[Stage], remembered: Mapping[str, float]) -> None:
        """All stages to come, and what they took before."""
        self._stages = stages
        self._estimate = Estimate(stages, remembered)
        self._live = sys.stdout.isatty()
        self._number = 0
        self._stage: Stage | None = None
        self._words = ""

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._line("")

    def begin(self, stage: Stage) -> None:
        """The next stage starts."""
        self._number += 1
        self._stage, self._words = stage, ""
        self.at(0.0, None)
        if not self._live:
            _, left = self._estimate.now(0.0, None)
            print(f"{self._place()} {stage.title} ... about {clock(left)} left in all", flush=True)

    def at(self, elapsed: float, seen: tuple[float, str] | None) -> None:
        """The current stage goes on; `seen` is its share and the words for it."""
        assert self._stage is not None
        share, words = seen or (None, "")
        if self._live:
            done, left = self._estimate.now(elapsed, share)
            filled = round(done * WIDTH)
            bar = "#" * filled + "." * (WIDTH - filled)
            doing = f"{self._stage.title}{': ' + words if words else ''}"
            self._line(f"[{bar}] {done:4.0%}  {clock(left)} left  {self._place()} {doing}")
        elif words.split(",")[0] != self._words.split(",")[0] and self._stage.runs > 1:
            self._words = words
            print(f"      {words.split(',')[0]}", flush=True)

    def done(self, took: float) -> None:
        """The current stage is done."""
        assert self._stage is not None
        self._estimate.finish(took)
        if self._live:
            self._line("")
        print(f"{self._place()} {self._stage.title}: done in {clock(took)}", flush=True)

    def _place(self) -> str:
        return f"[{self._number}/{len(self._stages)}]"

    @staticmethod
    def _line(text: str) -> None:
        sys.stdout.write(f"\r\033[K{text}")
        sys.stdout.flush()
