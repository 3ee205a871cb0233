"""The engine's protocol, without the SDK around it.

`pulumi.runtime.proto` sits below `pulumi/__init__`, which costs a third of a second that no provider needs.
So the two packages above it are entered as bare namespaces first, unless the SDK is already there.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType


def _namespace(name: str, path: Path) -> None:
    module = ModuleType(name)
    module.__path__ = [str(path)]
    sys.modules[name] = module


if "pulumi" not in sys.modules:
    _spec = importlib.util.find_spec("pulumi")
    if _spec is None or _spec.origin is None:
        raise ImportError("the package `pulumi` is not installed")
    _home = Path(_spec.origin).parent
    _namespace("pulumi", _home)
    _namespace("pulumi.runtime", _home / "runtime")

from google.protobuf import any_pb2, empty_pb2, struct_pb2  # noqa: E402
from google.rpc import status_pb2  # noqa: E402
from pulumi.runtime.proto import (  # noqa: E402
    engine_pb2,
    engine_pb2_grpc,
    errors_pb2,
    plugin_pb2,
    provider_pb2,
    provider_pb2_grpc,
)

__all__ = [
    "any_pb2",
    "empty_pb2",
    "engine_pb2",
    "engine_pb2_grpc",
    "errors_pb2",
    "plugin_pb2",
    "provider_pb2",
    "provider_pb2_grpc",
    "status_pb2",
    "struct_pb2",
]
