"""Makes `.venv`: exact versions by their digests, then the checkout itself.

    python tools/install.py demo     Runstone and the reference project
    python tools/install.py dev      the same and what tests, checks and benchmarks need

Standard library only. A stamp in `.venv` holds the digest of what was asked for, so that a
second call does nothing. Everything of `demo` is in `dev` at the same versions.

pip does the work since it is there with Python and knows the index, proxy and certificates
that people have set up for it.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOG = VENV / "install.log"
KINDS = ("demo", "dev")
# Measured on Linux x86-64: what stays, and half a gigabyte for wheels while they are unpacked.
NEEDED_MB = {"demo": 2900, "dev": 3300}
# Names that lead pip away from this environment. Those that say where packages come from stay.
LED_ASTRAY = frozenset(
    {"PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PIP_LOG", "PIP_SRC", "PIP_NO_DEPS", "PIP_DRY_RUN"}
    | {"PIP_REPORT", "PIP_PYTHON", "PIP_CONSTRAINT", "PIP_REQUIREMENT", "PIP_QUIET", "PIP_VERBOSE"}
)
LAST_LINES = 15


class InstallFailed(Exception):
    """The environment could not be made; the text says what to do."""


def requirements(kind: str) -> Path:
    """The list of versions with their digests."""
    return ROOT / "requirements" / f"{kind}.txt"


def stamp_of(kind: str) -> Path:
    """The file in `.venv` that says what was installed."""
    return VENV / f".runstone-{kind}"


def python_of() -> Path:
    """The environment's Python."""
    return VENV / "bin" / "python"


def wanted(kind: str) -> str:
    """Digest of everything that decides what is in the environment."""
    digest = hashlib.sha256(str(VENV).encode())  # an environment that was moved does not work
    for path in (requirements(kind), ROOT / "pyproject.toml"):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def installed(kind: str) -> bool:
    """Whether `.venv` has what `kind` needs now."""
    enough = ("dev",) if kind == "dev" else KINDS
    return usable_venv() and any(
        stamp_of(one).exists() and stamp_of(one).read_text(encoding="utf-8").strip() == wanted(one)
        for one in enough
    )


def environment(inherited: Mapping[str, str]) -> "dict[str, str]":
    """For pip: the caller's index settings stay, nothing is written outside the clone."""
    kept = {
        name: value
        for name, value in inherited.items()
        if not name.startswith("PYTHON") and name not in LED_ASTRAY
    }
    temporary = VENV / "tmp"
    kept.update(
        PIP_NO_CACHE_DIR="1",
        PIP_DISABLE_PIP_VERSION_CHECK="1",
        PIP_REQUIRE_VIRTUALENV="0",
        PYTHONNOUSERSITE="1",
        TMPDIR=str(temporary),
        RUSTUP_HOME=str(temporary / "rustup"),  # pip asks rustc for its version, which then writes there
        npm_config_cache=str(temporary / "npm"),
        npm_config_update_notifier="false",
    )
    return kept


def say_space(kind: str) -> None:
    """Print the space that is needed and there is. Raises `InstallFailed` where it is too little."""
    free = shutil.disk_usage(ROOT).free // 1_000_000
    needed = NEEDED_MB["dev"] - NEEDED_MB["demo"] if stamp_of("demo").exists() else NEEDED_MB[kind]
    print(f"Installing into {VENV}: needs up to {needed} MB of disk, {free} MB are free.", flush=True)
    if free < needed:
        raise InstallFailed(
            f"Too little space for {VENV}: {needed} MB are needed and {free} MB are free. "
            "Make room, or clone to another disk."
        )


def usable_venv() -> bool:
    """Whether the environment's Python runs and is one of ours."""
    if not python_of().exists():
        return False
    check = "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))"
    return subprocess.run([str(python_of()), "-I", "-c", check], check=False).returncode == 0


def make_venv() -> None:
    """A fresh environment, unless there is a good one. Raises `InstallFailed`."""
    if not usable_venv():
        shutil.rmtree(VENV, ignore_errors=True)
        (VENV / "tmp").mkdir(parents=True)
        # pip is set up by itself: it too must not write elsewhere.
        made = subprocess.run(
            [sys.executable, "-I", "-m", "venv", str(VENV)], env=environment(os.environ), check=False
        )
        if made.returncode:
            raise InstallFailed(
                f"{sys.executable} can't make environments. On Debian and Ubuntu: "
                f"sudo apt install python3.{sys.version_info[1]}-venv"
            )
    (VENV / "tmp").mkdir(exist_ok=True)


class Meter:
    """Progress of a step: what it does and for how long; on a non-terminal one line."""

    def __init__(self, words: str) -> None:
        """`words` say what is done."""
        self._words = words
        self._shown = ""
        self._began = time.monotonic()

    def read(self, said: str) -> "tuple[str, str]":
        """The words for a step that has printed `said`, and a part of them that is news elsewhere too."""
        return self._words, self._words

    def show(self, said: str) -> None:
        """One line, renewed; on a non-terminal a line for each news."""
        words, news = self.read(said)
        line = f"  {time.monotonic() - self._began:3.0f} s  {words}"
        if sys.stdout.isatty():
            width = shutil.get_terminal_size().columns
            sys.stdout.write(f"\r\033[K{line[: width - 1]}")
            sys.stdout.flush()
        elif news != self._shown:
            print(line, flush=True)
        self._shown = news

    def end(self) -> None:
        """Leave an empty line to write on."""
        if sys.stdout.isatty():
            sys.stdout.write("\r\033[K")
            sys.stdout.flush()


class PackageMeter(Meter):
    """Progress of pip: how many packages were collected, then how many are in place."""

    def __init__(self, names: int) -> None:
        """`names`: how many packages the list has, some for other systems only."""
        super().__init__("")
        self._names = names

    def read(self, said: str) -> "tuple[str, str]":
        """Share of the work and packages so far; every quarter is news."""
        collected = len(re.findall(r"^Collecting ", said, re.MULTILINE))
        listed = re.search(r"^Installing collected packages: (.*)$", said, re.MULTILINE)
        if listed:
            total = listed[1].count(",") + 1
            in_place = sum(1 for one in VENV.glob("lib/python3*/site-packages/*.dist-info") if one.is_dir())
            done = min(in_place, total)
            share, words = 0.5 + done / total / 2, f"unpacking, {done} of {total} packages"
        else:
            share, words = min(collected / self._names, 1) / 2, f"downloading, package {collected}"
        return f"{share:4.0%}  {words}", str(int(share * 4))


def run(command: "list[str]", settings: Mapping[str, str], meter: "Meter | None" = None) -> int:
    """One step with its output in the log; its exit status."""
    with LOG.open("ab") as output, LOG.open("rb") as written:
        written.seek(0, os.SEEK_END)
        process = subprocess.Popen(
            command, cwd=ROOT, env=dict(settings), stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        said = ""
        try:
            while True:
                try:
                    return process.wait(0.5)
                except subprocess.TimeoutExpired:
                    said += written.read().decode("utf-8", "replace")
                    if meter is not None:
                        meter.show(said)
        except BaseException:
            process.terminate()
            process.wait()
            raise
        finally:
            if meter is not None:
                meter.end()


def failed(what: str, status: int) -> InstallFailed:
    """What to say about a step that failed."""
    lines = LOG.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:]
    return InstallFailed(
        "\n".join(
            [
                f"{what} failed with status {status}. Its last lines:",
                *(f"    {line}" for line in lines),
                f"The whole log: {LOG}",
                "Without a network, or behind a proxy or an index of your own, set pip up for it first.",
                "The same command goes on then.",
            ]
        )
    )


def build_pages() -> None:
    """The web UI, where it is absent or older than its sources.

    Without it pages are plain, so going on is right.
    """
    (VENV / "tmp").mkdir(exist_ok=True)
    command = [str(python_of()), str(ROOT / "tools" / "build_ui.py")]
    if run(command, environment(os.environ), Meter("building the web pages")):
        print(f"The web pages could not be built, plain ones are shown instead. Why: {LOG}", file=sys.stderr)
    shutil.rmtree(VENV / "tmp", ignore_errors=True)


def install(kind: str) -> str:
    """Make `.venv` ready for `kind` and return its Python. Raises `InstallFailed`."""
    if installed(kind):
        build_pages()
        return str(python_of())
    began = time.monotonic()
    say_space(kind)
    make_venv()
    stamp_of(kind).unlink(missing_ok=True)
    LOG.write_bytes(b"")
    listed = requirements(kind)
    names = len(re.findall(r"^\S+==", listed.read_text(encoding="utf-8"), re.MULTILINE))
    # Not compiled at once: of TensorFlow's ten thousand files the pipelines read a part.
    pip = [str(python_of()), "-m", "pip", "install", "--no-compile"]
    status = run([*pip, "--require-hashes", "-r", str(listed)], environment(os.environ), PackageMeter(names))
    if status:
        raise failed("The installation", status)
    here = [*pip, "--no-deps", "--no-build-isolation", "-e", "."]
    status = run(here, {**environment(os.environ), "RUNSTONE_UI": "none"})  # the pages come next
    if status:
        raise failed("The installation of this checkout", status)
    build_pages()
    stamp_of(kind).write_text(wanted(kind) + "\n", encoding="utf-8")
    print(f"Installed in {time.monotonic() - began:.0f} s.", flush=True)
    return str(python_of())


def main(argv: "list[str]") -> int:
    """Exit status: 0, 1 with a reason, or 2 for a wrong call."""
    if len(argv) != 1 or argv[0] not in KINDS:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        install(argv[0])
    except InstallFailed as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
