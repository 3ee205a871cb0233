"""The headers that say who we are, renewed when they expire."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gitops.model.errors import AccessError

if TYPE_CHECKING:
    from gitops.cluster.kubeconfig import Access, ExecPlugin

_PLUGIN_TIMEOUT = 60.0
_TOKEN_FILE_LIFE = 60.0  # a pod's token file is rewritten long before the old token expires
_EARLY = 10.0


class Credentials:
    """Thread-safe source of the authorization header; certificates of an exec plugin are read once."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._lock = threading.Lock()
        self._token = access.token
        self._until = 0.0 if access.exec_plugin or access.token_file else float("inf")
        self.client_certificate = access.client_certificate
        self.client_key = access.client_key
        if access.exec_plugin:
            with self._lock:
                self._renew()

    def headers(self) -> dict[str, str]:
        """The authorization header, or none when a client certificate is all there is."""
        if self._until < time.time():
            with self._lock:
                if self._until < time.time():
                    self._renew()
        if self._token:
            return {"authorization": f"Bearer {self._token}"}
        if self._access.username:
            pair = f"{self._access.username}:{self._access.password}".encode()
            return {"authorization": f"Basic {base64.b64encode(pair).decode()}"}
        return {}

    def renew(self, refused: dict[str, str]) -> bool:
        """After a 401: ask again; True when there is something newer than the `refused` headers."""
        if not (self._access.exec_plugin or self._access.token_file):
            return False
        with self._lock:
            if not self._token or refused.get("authorization") == f"Bearer {self._token}":
                self._renew()
        return self.headers() != refused

    def _renew(self) -> None:
        if self._access.exec_plugin:
            status = _ask(self._access.exec_plugin)
            self._token = status.get("token") or ""
            self.client_certificate = status.get("clientCertificateData") or self.client_certificate
            self.client_key = status.get("clientKeyData") or self.client_key
            self._until = _expiry(status.get("expirationTimestamp"))
        elif self._access.token_file:
            try:
                self._token = Path(self._access.token_file).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise AccessError(
                    f"the token file {self._access.token_file} can't be read: {error.strerror}",
                    next_step="check `tokenFile` of the kubeconfig user",
                ) from None
            self._until = time.time() + _TOKEN_FILE_LIFE


def _ask(plugin: ExecPlugin) -> dict[str, Any]:
    """Run the plugin and return the status of its ExecCredential; what it prints never reaches an error."""
    name, hint = plugin.command[0], plugin.install_hint or "run it by hand to see what it says"
    info = {"apiVersion": plugin.api_version, "kind": "ExecCredential", "spec": {"interactive": False}}
    environment = {**os.environ, **dict(plugin.environment), "KUBERNETES_EXEC_INFO": json.dumps(info)}
    try:
        done = subprocess.run(
            plugin.command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PLUGIN_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise AccessError(
            f"the credential plugin {name} gave no answer in {_PLUGIN_TIMEOUT:.0f} s", next_step=hint
        ) from None
    except OSError as error:
        raise AccessError(
            f"the credential plugin {name} can't be started: {error.strerror}", next_step=hint
        ) from None
    if done.returncode:
        raise AccessError(
            f"the credential plugin {name} failed with exit code {done.returncode}", next_step=hint
        )
    try:
        status = json.loads(done.stdout)["status"]
    except (ValueError, KeyError, TypeError):
        status = None
    if not isinstance(status, dict):
        raise AccessError(
            f"the credential plugin {name} printed no ExecCredential with a status", next_step=hint
        )
    return status


def _expiry(stamp: Any) -> float:
    try:
        return datetime.fromisoformat(stamp).timestamp() - _EARLY
    except (TypeError, ValueError):
        return float("inf")
