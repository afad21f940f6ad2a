"""Errors that a person can mend, and how a pipeline ends with one."""

import sys
from collections.abc import Callable

FAILED = 1
WRONG_USE = 2


class Problem(Exception):
    """Something that the caller has to change; its text says what and how."""

    status = WRONG_USE


class Unreachable(Problem):
    """The server does not answer: nothing is wrong with the command itself."""

    status = FAILED


def ended(stage: Callable[[], None]) -> int:
    """Run a stage and return the exit status.

    A `Problem` becomes one line on stderr and status 2; what the server or the wandb client could
    not do (server not there, key refused), one line and status 1.
    """
    from wandb.errors import Error  # start-up time: --help comes before this

    try:
        stage()
    except Problem as problem:
        print(f"ERROR: {problem}", file=sys.stderr)
        return problem.status
    except Error as error:
        print(f"ERROR: {error}", file=sys.stderr)
        return FAILED
    return 0
