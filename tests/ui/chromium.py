"""The browser of the suite: Chromium from PATH, else Playwright's own, else the system's package."""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
# Nothing of its own leaves the machine, and two suites share no profile (Playwright gives a fresh one).
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
)
INSTALL_TIMEOUT_S = 600
PATIENT = ("-o", "DPkg::Lock::Timeout=300")  # somebody else may be installing something
LOCK = Path(sys.prefix) / "chromium.lock"  # of this clone's environment


class NoBrowser(Exception):
    """There is no Chromium and none could be installed; the text says what to type."""


def on_path() -> str | None:
    """Chromium from PATH."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def flags() -> list[str]:
    """Start-up flags; the sandbox does not work for root."""
    return [*FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]


def found_or_installed() -> str | None:
    """Path of a Chromium, installed if there was none; None stands for Playwright's own.

    Raises `NoBrowser`.
    """
    path = on_path()
    if path is not None:
        return path
    with LOCK.open("w") as lock:  # several workers begin at once: one installs, the others find what it has
        fcntl.flock(lock, fcntl.LOCK_EX)
        path = on_path()
        if path is not None:
            return path
        if _worked([sys.executable, "-m", "playwright", "install", "--only-shell", "chromium"]):
            return None
        if os.geteuid() == 0 and shutil.which("apt-get") and _worked(["apt-get", "update", "-qq"]):
            _worked(["apt-get", "install", "-y", "-qq", *PATIENT, "chromium"])
            path = on_path()
            if path is not None:
                return path
    raise NoBrowser(
        "The browser tests need Chromium, and none is on PATH. Install it (for example: sudo apt install "
        f"chromium), or type: {sys.executable} -m playwright install --with-deps chromium"
    )


def _worked(command: list[str]) -> bool:
    try:
        done = subprocess.run(command, capture_output=True, timeout=INSTALL_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
