"""What the loop does as lines, one JSON object each or plain text."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class Log(Protocol):
    """Tells one thing that happened; `values` say which stack, application, revision, operation and so on."""

    def __call__(self, level: str, message: str, **values: Any) -> None:
        """Tell it; `level` is `info`, `warning` or `error`."""


def as_json(now: datetime, level: str, message: str, **values: Any) -> str:
    """One line for machines: time, level and message, then the values that say something."""
    told = {
        "time": now.astimezone(UTC).isoformat(timespec="milliseconds"),
        "level": level,
        "message": message,
    }
    return json.dumps(told | {key: value for key, value in values.items() if value not in ("", None, ())})


def as_text(now: datetime, level: str, message: str, **values: Any) -> str:
    """One line for people."""
    told = " ".join(f"{key}={value}" for key, value in values.items() if value not in ("", None, ()))
    return f"{now.astimezone(UTC):%H:%M:%S} {level:7} {message}  {told}".rstrip()


def logger(write: Callable[[str], None], form: str, **always: Any) -> Log:
    """A log that writes lines in one of the two forms, each with these values."""
    line = as_json if form == "json" else as_text

    def log(level: str, message: str, **values: Any) -> None:
        write(line(datetime.now(UTC), level, message, **always, **values))

    return log
