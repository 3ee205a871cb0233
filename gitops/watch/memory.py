"""Memory that a sync has used, given back to the system, where the C library is glibc.

With many threads glibc keeps a pool of its own for each, and what Python frees stays in them.
"""

from __future__ import annotations

import ctypes
import gc
from contextlib import suppress

# as in the manual page of mallopt
_ARENA_MAX = -8


def spare() -> None:
    """Let all threads share two pools; to be called before there are many of them."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 2)


def give_back() -> None:
    """Give back what is free."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
