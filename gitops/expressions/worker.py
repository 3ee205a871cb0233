"""The process that evaluates: one JSON request a line on standard input, one JSON answer a line on standard output.

It is started as a file, with no environment, and is ended by the system when an expression takes more than
its share: a signal after so much processor time, a refusal of so much memory.
"""

from __future__ import annotations

import contextlib
import json
import resource
import signal
import sys
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

CPU_SECONDS = 1.0
MEMORY_BYTES = 1024 * 1024 * 1024
COMPILED = 256


def jq() -> tuple[Callable[[str], Any], Callable[[Any, Any], Any]]:
    """Compile and run for jq: the paths that an expression means, as `del(…)` would take them."""
    import jq as library  # only in the process for jq

    def compiled(expression: str) -> Any:
        return library.compile(f"[path({expression}\n)]")  # the newline ends a comment

    def run(program: Any, value: Any) -> Any:
        return program.input_value(value).first()

    return compiled, run


def cel() -> tuple[Callable[[str], Any], Callable[[Any, Any], Any]]:
    """Compile and run for CEL: whether an expression over the value's own fields holds."""
    import celpy  # only in the process for CEL

    environment = celpy.Environment()

    def compiled(expression: str) -> Any:
        return environment.program(environment.compile(expression))

    def run(program: Any, value: Any) -> Any:
        result = program.evaluate({name: celpy.json_to_cel(item) for name, item in value.items()})
        if not isinstance(result, celpy.celtypes.BoolType):
            message = f"gives a {type(result).__name__.removesuffix('Type').lower()}, not true or false"
            raise TypeError(message)
        return bool(result)

    return compiled, run


def serve(language: str) -> None:
    """Answer until the input ends; the first line says that the language is loaded."""
    compiled, run = {"jq": jq, "cel": cel}[language]()
    compiled = lru_cache(COMPILED)(compiled)
    _limit_memory()
    _say({"ready": True})
    for line in sys.stdin:
        request = json.loads(line)
        signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
        try:
            program = compiled(request["expression"])
            answer = {"value": run(program, request["value"]) if "value" in request else None}
        except Exception as error:  # noqa: BLE001 - whatever an expression does is an answer
            # giving its memory back takes time too, which is not to end the process in mid-answer
            signal.setitimer(signal.ITIMER_PROF, 0)
            answer = {"error": " ".join(_words(error).split())[:300], "missing": _is_missing(error)}
        signal.setitimer(signal.ITIMER_PROF, 0)
        _say(answer)


def _words(error: Exception) -> str:
    if type(error).__name__ == "CELParseError":  # its message is a picture of the place
        return f"can't be read at line {getattr(error, 'line', 1)}, column {getattr(error, 'column', 1)}"
    message = str(error.args[0]) if error.args else type(error).__name__
    return message.partition(" (in activation")[0]


def _is_missing(error: Exception) -> bool:
    """Whether CEL met a field that is not there: it hands on the kind of the error behind."""
    return any(kind is KeyError for kind in error.args) or "undeclared reference" in _words(error)


def _limit_memory() -> None:
    with contextlib.suppress(ValueError, OSError):  # not every system can
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    serve(sys.argv[1])
