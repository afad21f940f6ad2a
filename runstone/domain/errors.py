"""Errors that a person reads: what happened, where, what was expected, what to do next.

Every error that leaves an action or a read is a `RunstoneError`. The doors turn
`status` into the HTTP status and `message` into the body; nothing else may reach a
client. A permanent error never has a 5xx status: clients retry those for days.
"""


class RunstoneError(Exception):
    """Base of all errors meant for the caller. `status` is the HTTP status code."""

    status = 400

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Invalid(RunstoneError):
    """The input breaks a rule (400)."""

    status = 400


class Unauthenticated(RunstoneError):
    """Nobody, or a key that this server does not know (401)."""

    status = 401


class Denied(RunstoneError):
    """Known viewer without the right (403)."""

    status = 403


class NotFound(RunstoneError):
    """Named thing is absent, or the viewer may not know that it exists (404)."""

    status = 404


class Conflict(RunstoneError):
    """The change collides with the present state (409)."""

    status = 409


class Gone(RunstoneError):
    """The thing was deleted (410)."""

    status = 410


class TooLarge(RunstoneError):
    """A body or value over its limit (413)."""

    status = 413


class OutOfRange(RunstoneError):
    """Bytes were asked for that lie behind the end (416)."""

    status = 416


class NotSupported(RunstoneError):
    """A feature that this server refuses instead of ignoring (501: clients do not retry it)."""

    status = 501


class Busy(RunstoneError):
    """Try again later (429). `retry_after_s` is in seconds."""

    status = 429

    def __init__(self, message: str, retry_after_s: int = 5) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Unavailable(RunstoneError):
    """A part that we need does not answer just now (503)."""

    status = 503


class StorageFull(RunstoneError):
    """No room on the disk (507). Reads go on; writes recover by themselves."""

    status = 507
