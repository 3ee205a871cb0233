"""Ask the worker processes, one for each language, and tell what went wrong in words about the expression."""

from __future__ import annotations

import atexit
import json
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Lock
from typing import Any

MAX_EXPRESSION = 4096
MAX_VALUE = 4 * 1024 * 1024
_WALL_SECONDS = 30.0  # for a machine that is busy; the worker's own limit is processor time
_TOO_LONG = "takes too long"
_WORKER = Path(__file__).with_name("worker.py")


class ExpressionError(ValueError):
    """The expression can't be read, fails, or takes more time or memory than it may."""


class MissingFieldError(ExpressionError):
    """The expression asks for a field that the value does not have."""


def check_condition(expression: str) -> None:
    """Read a CEL expression without running it.

    Raises:
        ExpressionError: it is none, or too long.
    """
    _CEL.ask(_checked(expression))


def check_paths(expression: str) -> None:
    """Read a jq path expression without running it.

    Raises:
        ExpressionError: it is none, or too long.
    """
    _JQ.ask(_checked(expression))


def holds(expression: str, value: dict[str, Any]) -> bool:
    """Whether a CEL expression holds of an object; the object's own fields are its variables.

    The language is https://github.com/google/cel-spec, without optional fields (`a.?b`).

    Raises:
        MissingFieldError: it asks for a field that is not there; `has(…)` would have asked first.
        ExpressionError: it can't be evaluated, gives no truth value, or takes too long.
    """
    return bool(_CEL.ask({**_checked(expression), "value": value}))


def paths(expression: str, value: dict[str, Any]) -> tuple[tuple[Any, ...], ...]:
    """The paths of an object that a jq expression means; an element is a key, an index or jq's `{start, end}`.

    Raises:
        ExpressionError: it can't be evaluated, is no path expression, or takes too long.
    """
    found = _JQ.ask({**_checked(expression), "value": value})
    if not isinstance(found, list) or not all(isinstance(path, list) for path in found):
        raise ExpressionError("is no path expression")
    return tuple(map(tuple, found))


def _checked(expression: str) -> dict[str, Any]:
    if not expression.strip():
        raise ExpressionError("is empty")
    if len(expression) > MAX_EXPRESSION:
        raise ExpressionError(f"is longer than {MAX_EXPRESSION} characters")
    return {"expression": expression}


class _EndlessError(ExpressionError):
    """It took all its processor time."""


class _Worker:
    """One process, started when it is first asked and again when it has died."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._endless: set[str] = set()
        atexit.register(self.close)

    def ask(self, request: dict[str, Any]) -> Any:
        line = json.dumps(request).encode()
        if len(line) > MAX_VALUE:
            raise ExpressionError(
                f"is asked of an object that is larger than {MAX_VALUE // 1024 // 1024} MiB"
            )
        with self._lock:
            if request["expression"] in self._endless:
                raise ExpressionError(_TOO_LONG)
            process = self._running()
            try:
                _input(process).write(line + b"\n")
                _input(process).flush()
            except BrokenPipeError:
                pass  # how it ended is told below
            try:
                answer = self._answer(process)
            except _EndlessError:
                # once is enough: it may be asked of a thousand objects
                self._endless.add(request["expression"])
                raise
        match answer:
            case {"error": message, "missing": True}:
                raise MissingFieldError(message)
            case {"error": message}:
                raise ExpressionError(message)
        return answer["value"]

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is not None:
            self.close()
        if self._process is None:
            # no environment and no site directories of the user's: nothing to read but the request
            command = [sys.executable, "-I", str(_WORKER), self._language]
            self._process = subprocess.Popen(
                command, env={}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
            self._answer(self._process)
        return self._process

    def _answer(self, process: subprocess.Popen[bytes]) -> Any:
        """The next line, or an error that says how the process ended."""
        deadline = time.monotonic() + _WALL_SECONDS
        pipe, received = _output(process), b""
        while not received.endswith(b"\n"):
            if not select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))[0]:
                process.kill()
            part = pipe.read1(65536)
            if not part:
                code = self.close()
                if code == -signal.SIGPROF:
                    raise _EndlessError(_TOO_LONG)
                raise ExpressionError(
                    _TOO_LONG if code == -signal.SIGKILL else f"ended its evaluator ({code})"
                )
            received += part
        return json.loads(received)

    def close(self) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        _input(process).close()
        code = process.wait()
        _output(process).close()
        return code


def _input(process: subprocess.Popen[bytes]) -> Any:
    return process.stdin


def _output(process: subprocess.Popen[bytes]) -> Any:
    return process.stdout


_CEL, _JQ = _Worker("cel"), _Worker("jq")
