"""Telling the engine something beside an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc

from sandbox.provider.protos import engine_pb2, engine_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import Callable

_PATIENCE = 5.0


class Engine:
    """The engine at an address; without one, nothing is told."""

    def __init__(self, address: str = "") -> None:
        self._stub: Any = None
        if address:
            self.attach(address)

    def attach(self, address: str) -> None:
        """Tell the engine at this address from now on."""
        self._stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))

    def status(self, urn: str) -> Callable[[str], None]:
        """A function that shows a passing message beside the resource."""
        return lambda message: self._log(engine_pb2.INFO, message, urn, ephemeral=True)

    def warn(self, message: str) -> None:
        """A warning that stays."""
        self._log(engine_pb2.WARNING, message, "", ephemeral=False)

    def _log(self, severity: Any, message: str, urn: str, *, ephemeral: bool) -> None:
        if self._stub is None:
            return
        request = engine_pb2.LogRequest(severity=severity, message=message, urn=urn, ephemeral=ephemeral)
        try:
            self._stub.Log(request, timeout=_PATIENCE)
        except grpc.RpcError:
            # an engine that no longer listens has no use for the message
            return
