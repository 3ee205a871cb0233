"""Coroutines in tests, on a loop of their own: `asyncio.run` would take the main thread's away from the SDK."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")


def result_of(work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine, or its error."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
