"""The few calls to an API server that starting a cluster needs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import urllib3

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

APPLY = "application/apply-patch+yaml"


class Api:
    """One API server, spoken to as its administrator."""

    def __init__(self, address: str, pki: Path) -> None:
        """Prepare; nothing is sent yet."""
        self._address = address
        self._pool = urllib3.PoolManager(
            ca_certs=str(pki / "ca.crt"),
            cert_file=str(pki / "admin.crt"),
            key_file=str(pki / "admin.key"),
            retries=False,
            timeout=5,
        )

    def call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, kind: str = "application/json"
    ) -> tuple[int, Any]:
        """Give status and decoded body; status 0 and the reason when the server does not answer."""
        try:
            answer = self._pool.request(
                method,
                self._address + path,
                body=None if body is None else json.dumps(body),
                headers={"Content-Type": kind, "Accept": "application/json"},
            )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            return 0, str(error)
        try:
            return answer.status, json.loads(answer.data)
        except ValueError:
            return answer.status, answer.data.decode(errors="replace")

    def ready(self) -> bool:
        """Tell whether the server says it is ready."""
        return self.call("GET", "/readyz")[0] == 200

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()
