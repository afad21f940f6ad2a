"""What the scripts of all versions share. They run on wandb 0.13.9 as well as on 0.31.0."""

import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager

import wandb

VERSION = tuple(int(one) for one in wandb.__version__.split(".")[:2])
ME = os.environ["CLIENT_NAME"]  # user name and personal entity
TEAM = "lab"


_step = {"operations": (), "checks": 0}


def check(condition, *seen):
    """Like assert, saying what was seen."""
    _step["checks"] += 1
    if not condition:
        raise AssertionError(f"unexpected: {seen!r}")


def same(seen, expected):
    """Both must be equal."""
    _step["checks"] += 1
    if seen != expected:
        raise AssertionError(f"expected {expected!r}\n     got {seen!r}")


@contextmanager
def refused(*words, kinds=(Exception,)):
    """The block must raise, with each of the words in the message."""
    _step["checks"] += 1
    try:
        yield
    except kinds as error:
        text = f"{error} {getattr(error, 'message', '')} {error.__cause__ or ''}".lower()
        for word in words:
            if word.lower() not in text:
                raise AssertionError(f"expected {word!r} in the refusal: {text}") from error
    else:
        raise AssertionError(f"nothing was refused; expected an error with {words}")


def until(read, seconds=120.0):
    """The first true value that `read` gives, asked for again and again."""
    deadline = time.monotonic() + seconds
    while True:
        value = read()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"still {value!r} after {seconds} s")
        time.sleep(0.3)


def step(name, *operations):
    """Say where the script is, for whoever reads its output.

    `operations` are those whose effect the checks of this step show. They are reported as
    `proved: NAME` once the step is over; a step that names operations must check something.
    """
    end()
    _step.update(operations=operations, checks=0)
    print(f"== {name}", flush=True)


def end():
    """The end of the last step: every script calls it."""
    if _step["operations"] and not _step["checks"]:
        raise AssertionError(f"nothing was checked of {_step['operations']}")
    for one in _step["operations"]:
        print(f"proved: {one}", flush=True)
    _step.update(operations=(), checks=0)


def wandb_command(*words, good=True, **more):
    """Run `wandb ...` to its end, good, bad (False) or either (None); returns all that it printed."""
    environment = {name: value for name, value in os.environ.items() if name != "WANDB_SERVICE"}
    done = subprocess.run(
        ["wandb", *words],
        capture_output=True,
        text=True,
        check=False,
        env={**environment, **more},
        stdin=subprocess.DEVNULL,
    )
    said = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)
    check(good is None or (done.returncode == 0) is good, words, done.returncode, said)
    return said


def failing_program(*lines):
    """A program of these lines must end badly; what it told its user, on one line."""
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(("import wandb", *lines))],
        capture_output=True,
        text=True,
        check=False,
        env={name: value for name, value in os.environ.items() if name != "WANDB_SERVICE"},
    )
    check(done.returncode != 0, lines, done.stdout, done.stderr)
    return " ".join((done.stdout + done.stderr).split())
