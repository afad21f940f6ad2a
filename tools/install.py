"""Makes `.venv`: exact versions by their digests, then the checkout itself.

    python tools/install.py demo     Runstone and the reference project
    python tools/install.py dev      the same and what tests, checks and benchmarks need

Standard library only. A stamp in `.venv` holds the digest of what was asked for, so that a
second call does nothing. Everything of `demo` is in `dev` at the same versions.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
KINDS = ("demo", "dev")
# Measured on Linux x86-64, with what the installer needs on top while it unpacks.
NEEDED_MB = {"demo": 3000, "dev": 3500}
# Names that lead pip away from this environment. Those that say where packages come from stay.
LED_ASTRAY = (
    "PIP_TARGET",
    "PIP_PREFIX",
    "PIP_ROOT",
    "PIP_USER",
    "PIP_LOG",
    "PIP_SRC",
    "PIP_NO_DEPS",
    "PIP_DRY_RUN",
)


class InstallFailed(Exception):
    """The environment could not be made; the text says what to do."""


def requirements(kind: str) -> Path:
    """The list of versions with their digests."""
    return ROOT / "requirements" / f"{kind}.txt"


def stamp_of(kind: str) -> Path:
    """The file in `.venv` that says what was installed."""
    return VENV / f".runstone-{kind}"


def wanted(kind: str) -> str:
    """Digest of everything that decides what is in the environment."""
    digest = hashlib.sha256()
    for path in (requirements(kind), ROOT / "pyproject.toml"):
        digest.update(path.read_bytes())
    digest.update(str(VENV).encode())  # an environment that was moved or copied does not work
    return digest.hexdigest()


def installed(kind: str) -> bool:
    """Whether `.venv` has what `kind` needs now."""
    return python_of().exists() and any(
        stamp_of(one).exists() and stamp_of(one).read_text().strip() == wanted(one)
        for one in ((kind,) if kind == "dev" else KINDS)
    )


def python_of() -> Path:
    """The environment's Python."""
    return VENV / "bin" / "python"


def environment() -> "dict[str, str]":
    """For pip: the caller's index settings stay, its writes do not leave the clone."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PYTHON") and name not in LED_ASTRAY
    }
    temporary = VENV / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    kept.update(
        PIP_NO_CACHE_DIR="1",
        PIP_DISABLE_PIP_VERSION_CHECK="1",
        PIP_REQUIRE_VIRTUALENV="0",
        TMPDIR=str(temporary),
        npm_config_cache=str(temporary / "npm"),
        npm_config_update_notifier="false",
        PYTHONNOUSERSITE="1",
    )
    return kept


def say_space(kind: str) -> None:
    """Print the space that is needed and there is. Raises `InstallFailed` where it is too little."""
    free = shutil.disk_usage(ROOT).free // 1_000_000
    print(f"Installing into {VENV}: needs {NEEDED_MB[kind]} MB on this disk, {free} MB are free.", flush=True)
    if free < NEEDED_MB[kind]:
        raise InstallFailed(
            f"Too little space for {VENV}: {NEEDED_MB[kind]} MB are needed and {free} MB are free. "
            "Make room, or clone to another disk."
        )


def run(what: str, command: "list[str]", **more: str) -> None:
    """One step of the installation. Raises `InstallFailed`."""
    done = subprocess.run(command, cwd=ROOT, env={**environment(), **more}, check=False)
    if done.returncode:
        raise InstallFailed(
            f"{what} failed with status {done.returncode}; what was done so far is kept. Its last lines say "
            "why. Without a network, or behind a proxy or an index of your own, set pip up for it first."
        )


def make_venv() -> None:
    """A fresh environment, unless there is one with the right Python."""
    if python_of().exists():
        check = "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))"
        if not subprocess.run([str(python_of()), "-I", "-c", check], check=False).returncode:
            return
    done = subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=False)
    if done.returncode:
        raise InstallFailed(
            f"{sys.executable} can't make environments. On Debian and Ubuntu: "
            f"sudo apt install python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        )


def build_pages() -> None:
    """The web UI, where it is absent or older than its sources. Without it pages are plain, so going on is
    right; what failed has said so."""
    command = [str(python_of()), str(ROOT / "tools" / "build_ui.py")]
    subprocess.run(command, cwd=ROOT, env=environment(), check=False)


def install(kind: str) -> str:
    """Make `.venv` ready for `kind` and return its Python. Raises `InstallFailed`."""
    if installed(kind):
        build_pages()
        return str(python_of())
    began = time.monotonic()
    say_space(kind)
    make_venv()
    stamp_of(kind).unlink(missing_ok=True)
    pip = [str(python_of()), "-m", "pip", "install"]
    run("The installation", [*pip, "--require-hashes", "-r", str(requirements(kind))])
    checkout = [*pip, "--quiet", "--no-deps", "--no-build-isolation", "-e", "."]
    run("The installation of this checkout", checkout, RUNSTONE_UI="none")
    build_pages()
    shutil.rmtree(VENV / "tmp", ignore_errors=True)
    stamp_of(kind).write_text(wanted(kind) + "\n")
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
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
