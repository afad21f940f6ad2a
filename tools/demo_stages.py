"""The stages of the demo, and how big they are in each profile."""

import re
from dataclasses import dataclass

# Keras' MNIST has 70,000 images: 3 % are about as many as the bundled digits.
MNIST_SHARE = {"demo": 3, "fast": 3, "readme": 10, "least": 3}


@dataclass(frozen=True)
class Stage:
    """One program of `app/pipelines` with its arguments."""

    name: str
    program: str
    arguments: tuple[str, ...]
    expected_s: float  # on two idle cores, until a run here has been measured
    runs: int = 1  # runs within the stage, for its progress
    epochs: int = 0  # epochs within each of them

    @property
    def title(self) -> str:
        """What a person would type, in short."""
        shown = [one for one in self.arguments if one in ("--tune", "--retrain")]
        if "--alias" in self.arguments:
            shown.append("--alias " + self.arguments[self.arguments.index("--alias") + 1])
        return " ".join([self.program, *shown])


@dataclass(frozen=True)
class Sizes:
    """How much of everything a profile does, and how long its stages took on two idle cores."""

    baseline: tuple[str, ...]
    baseline_epochs: int
    sweep_runs: int
    sweep_epochs: int
    retrain_epochs: int
    images: bool
    expected_s: tuple[float, ...]


# The baseline's default learning rate, 0.01, suits MNIST and is too high for the few digits. The demo's
# search trains as many epochs as its baseline, so that their losses can be compared.
SIZES = {
    "demo": Sizes(("--lr", "0.001"), 5, 12, 5, 10, True, (3, 12, 95, 3, 15, 3, 9, 4)),
    "fast": Sizes(("--lr", "0.001"), 2, 4, 2, 4, False, (3, 9, 22, 3, 11, 3, 8, 4)),
    "readme": Sizes((), 5, 30, 5, 15, True, (5, 30, 600, 3, 75, 3, 20, 4)),
    # One of each: tests tell the story once more with it.
    "least": Sizes(("--lr", "0.001"), 1, 1, 1, 1, False, (3, 7, 10, 3, 7, 3, 8, 4)),
}
PROFILES = ("demo", "fast", "readme")
NAMES = (
    "data_prep",
    "train",
    "tune",
    "promote_candidate",
    "retrain",
    "promote_to_evaluate",
    "evaluate",
    "report",
)


def stages(profile: str, data: tuple[str, ...] = ()) -> list[Stage]:
    """All stages of a profile in their order; `data` are further arguments of data_prep."""
    size = SIZES[profile]
    search = ("--tune", "--max_sweep", str(size.sweep_runs), "--epochs", str(size.sweep_epochs))
    again = ("--retrain", "--epochs", str(size.retrain_epochs))
    evaluation = ("--generate_images" if size.images else "--no-generate-images",)
    last = ("--artifact", "CNN_model:latest", "--alias", "to_evaluate")
    programs = (
        ("data_prep", data, 1, 0),
        ("train", ("--epochs", str(size.baseline_epochs), *size.baseline), 1, size.baseline_epochs),
        ("train", search, size.sweep_runs, size.sweep_epochs),
        ("promote", ("--alias", "candidate"), 1, 0),
        ("train", again, 1, size.retrain_epochs),
        ("promote", last, 1, 0),
        ("evaluate", evaluation, 1, 0),
        ("report", (), 1, 0),
    )
    return [
        Stage(name, program, arguments, expected, runs, epochs)
        for name, (program, arguments, runs, epochs), expected in zip(
            NAMES, programs, size.expected_s, strict=True
        )
    ]


def data_arguments(profile: str, source: str) -> tuple[str, ...]:
    """Arguments of data_prep for a source: the bundled digits whole, of MNIST a share."""
    share = ("--fraction", "100") if source == "digits" else ("--fraction", str(MNIST_SHARE[profile]))
    return ("--data_source", source, *share)


_COUNT = re.compile(r"(sweep|epochs):\s+\d+%\|[^|]*\| (\d+)/(\d+) \[")


def share_done(stage: Stage, log: str) -> tuple[float, str] | None:
    """How far a stage is by the bars in its log, 0 to 1, and the words for it; None before the first."""
    counts = _COUNT.findall(log)
    if not counts or not stage.epochs:
        return None
    epoch = 0
    run = 0
    for name, done, _ in counts:
        if name == "sweep":
            if int(done) != run:
                epoch = 0
            run = int(done)
        else:
            epoch = int(done)
    run, epoch = min(run, stage.runs), min(epoch, stage.epochs)
    share = (run + epoch / stage.epochs) / stage.runs if run < stage.runs else 1.0
    words = f"epoch {min(epoch + 1, stage.epochs)} of {stage.epochs}"
    if stage.runs > 1:
        words = f"run {min(run + 1, stage.runs)} of {stage.runs}, {words}"
    return min(share, 1.0), words


def resume_command(stage: str, profile: str) -> str:
    """What to type to go on with a stage."""
    return f"make demo FROM={stage}" + ("" if profile == "demo" else f" PROFILE={profile}")
