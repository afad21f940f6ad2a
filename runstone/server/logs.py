"""Log lines for people (text) or machines (json), each with the id of its request."""

import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import orjson

request_id: ContextVar[str] = ContextVar("request_id", default="")

_STANDARD = frozenset(vars(logging.LogRecord("", 0, "", 0, "", (), None))) | {
    "message",
    "asctime",
    "taskName",
}


def _extras(record: logging.LogRecord) -> dict[str, Any]:
    found = {name: value for name, value in vars(record).items() if name not in _STANDARD}
    if request_id.get():
        found.setdefault("request_id", request_id.get())
    return found


class Json(logging.Formatter):
    """One JSON object a line: at, level, logger, message, then whatever the call added."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_extras(record),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


class Words(logging.Formatter):
    """Time, level, message, then `name=value` for whatever the call added."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, with a stack trace below it when there is one."""
        at = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%d %H:%M:%S")
        more = " ".join(f"{name}={value}" for name, value in _extras(record).items())
        line = f"{at} {record.levelname:<7} {record.getMessage()}" + (f"  {more}" if more else "")
        return line + ("\n" + self.formatException(record.exc_info) if record.exc_info else "")


def set_up_logs(level: str, form: str) -> None:
    """Send all log lines of the process to standard error in one form."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Json() if form == "json" else Words())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for noisy in ("uvicorn", "alembic", "httpx"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level.upper()]))
