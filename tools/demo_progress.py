"""One bar over all stages with the time that is left; plain lines where nobody watches."""

import sys
from collections.abc import Mapping, Sequence
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from tools.demo_stages import Stage

WIDTH = 30
# So many seconds as expected count beside what was measured: the first stage is short and says little.
BELIEF_S = 10.0


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
        return (self._done_s + BELIEF_S) / (self._done_expected + BELIEF_S)

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
    """Shows the stages on standard output: a line that is renewed on a terminal, plain lines elsewhere."""

    def __init__(self, stages: Sequence[Stage], remembered: Mapping[str, float]) -> None:
        """All stages to come, and what they took before."""
        self._stages = stages
        self._estimate = Estimate(stages, remembered)
        self._console = Console(highlight=False)
        self._live = Live(console=self._console, transient=True, refresh_per_second=4)
        self._watched = sys.stdout.isatty()
        self._wide = max(len(one.title) for one in stages)
        self._number = 0
        self._stage: Stage | None = None
        self._words = ""

    def __enter__(self) -> "Progress":
        if self._watched:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._watched:
            self._live.stop()

    def begin(self, stage: Stage) -> None:
        """The next stage starts."""
        self._number += 1
        self._stage, self._words = stage, ""
        self.at(0.0, None)
        if not self._watched:
            _, left = self._estimate.now(0.0, None)
            print(f"{self._place()} {stage.title} ... about {clock(left)} left in all", flush=True)

    def at(self, elapsed: float, seen: tuple[float, str] | None) -> None:
        """The current stage goes on; `seen` is its share and the words for it."""
        assert self._stage is not None
        share, words = seen or (None, "")
        done, left = self._estimate.now(elapsed, share)
        if self._watched:
            self._live.update(self._line(done, left, words))
        elif words.split(",")[0] != self._words.split(",")[0] and self._stage.runs > 1:
            self._words = words
            print(f"      {words.split(',')[0]} ... about {clock(left)} left in all", flush=True)

    def done(self, took: float) -> None:
        """The current stage is done."""
        assert self._stage is not None
        self._estimate.finish(took)
        if self._watched:
            line = Text.assemble(
                ("✓ ", "green"), f"{self._stage.title:<{self._wide}}  ", (f"{clock(took):>12}", "dim")
            )
            self._console.print(line)
        else:
            print(f"{self._place()} {self._stage.title}: done in {clock(took)}", flush=True)

    def _place(self) -> str:
        return f"[{self._number}/{len(self._stages)}]"

    def _line(self, done: float, left: float, words: str) -> Table:
        """The renewed line; on a narrow terminal its end is cut off."""
        assert self._stage is not None
        doing = Text(f"{self._place()} {self._stage.title}", "bold")
        doing.append(f"  {words}" if words else "", "not bold dim")
        line = Table.grid(padding=(0, 1))
        for _ in range(3):
            line.add_column(no_wrap=True)
        line.add_column(no_wrap=True, overflow="ellipsis")
        bar = ProgressBar(total=1.0, completed=done, width=WIDTH, complete_style="cyan")
        line.add_row(bar, f"{done:4.0%}", Text(f"{clock(left)} left", "cyan"), doing)
        return line
