"""Values of a given shape, out of values that have none.

`msgspec` learns a shape when it first meets it; where two threads do so at once (0.22), the process crashes. So one
thread at a time is let in.
"""

from __future__ import annotations

import threading
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")
_ONE = threading.Lock()


def shaped(value: Any, shape: type[T], *, strict: bool = True) -> T:
    """A value as an instance of a shape; what is not `strict` takes numbers and booleans from text.

    Raises:
        msgspec.ValidationError: it does not have that shape.
        RecursionError: it nests too deeply.
    """
    with _ONE:
        return msgspec.convert(value, shape, strict=strict)


def shaped_json(text: str | bytes, shape: type[T]) -> T:
    """The same of a text in JSON.

    Raises:
        msgspec.MsgspecError: it is no JSON, or does not have that shape.
        RecursionError: it nests too deeply.
    """
    with _ONE:
        return msgspec.json.decode(text, type=shape)
