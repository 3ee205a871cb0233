"""Protobuf's Python runtime reads messages 100 levels deep by default; a CRD's schema goes deeper.

Three levels of a message stand for one level of JSON, so that 33 levels of JSON are already too many.
"""

from __future__ import annotations

import importlib


def allow_deep_messages() -> None:
    """Lift the limit for this process, where the runtime is the usual one (upb)."""
    try:
        runtime = importlib.import_module("google._upb._message")
    except ImportError:
        return
    runtime.SetAllowOversizeProtos(True)  # noqa: FBT003 - the function is written in C
