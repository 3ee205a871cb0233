"""A Lease that one run holds at a time, whatever machine it runs on."""

from __future__ import annotations

import os
import socket
import threading
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from gitops.cluster.errors import ApiError
from gitops.model.errors import ConflictError, GitOpsError
from gitops.model.process import has_ended

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitops.cluster.client import Client, Object

_API = "coordination.k8s.io/v1"


@contextmanager
def held(client: Client, namespace: str, name: str, *, seconds: int = 30) -> Iterator[None]:
    """Hold the Lease while the block runs, and renew it.

    One left by a killed run is free after `seconds`, and at once on the machine that it ran on. Clocks of
    the machines that share a lease have to agree to within those seconds.

    Raises:
        ConflictError: another run holds it.
    """
    collection = f"/apis/{_API}/namespaces/{namespace}/leases"
    path = f"{collection}/{name}"
    uid = _taken(client, collection, path, _lease(namespace, name, seconds))["metadata"]["uid"]
    over = threading.Event()

    def renew() -> None:
        while not over.wait(seconds / 3):
            with suppress(GitOpsError):
                client.patch(path, {"metadata": {"uid": uid}, "spec": {"renewTime": _now()}})

    renewing = threading.Thread(target=renew, daemon=True)
    renewing.start()
    try:
        yield
    finally:
        over.set()
        renewing.join()
        with suppress(ApiError):
            client.delete(path, uid=uid)


def _taken(client: Client, collection: str, path: str, lease: Object) -> Object:
    try:
        return client.create(collection, lease)
    except ApiError as error:
        if error.status != 409:
            raise
    try:
        current = client.get(path)
        spec = current.get("spec") or {}
        renewed = datetime.fromisoformat(spec["renewTime"])
        over = renewed + timedelta(seconds=spec["leaseDurationSeconds"]) < datetime.now(UTC)
        if over or _is_gone(spec.get("holderIdentity", "")):
            # the one found is deleted by its uid, so that only one of two that find it goes on
            client.delete(path, uid=current["metadata"]["uid"])
            return client.create(collection, lease)
    except (ApiError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, ApiError) and error.status not in {404, 409}:
            raise
        current = {}
    holder = (current.get("spec") or {}).get("holderIdentity", "another run")
    raise ConflictError(
        f"{holder} holds the lease {path.rpartition('/')[2]}",
        next_step="wait until it has ended; the lease of a killed run is free after half a minute",
    )


def _is_gone(holder: str) -> bool:
    host, _, pid = holder.rpartition("/")
    return pid.isdecimal() and has_ended(host, int(pid))


def _lease(namespace: str, name: str, seconds: int) -> Object:
    return {
        "apiVersion": _API,
        "kind": "Lease",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "holderIdentity": f"{socket.gethostname()}/{os.getpid()}",
            "leaseDurationSeconds": seconds,
            "acquireTime": _now(),
            "renewTime": _now(),
        },
    }


def _now() -> str:
    """MicroTime of the API conventions."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
