"""The Sealed Secrets controller of a cluster, asked through the API server, and the keys that it keeps there.

Source: the controller's HTTP interface, and `kubeseal`, which reaches it in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitops.cluster.errors import ApiError
from gitops.model.errors import AccessError, NotFoundError
from gitops.secrets.scope import KEY_LABEL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from gitops.cluster.client import Client, Object


@dataclass(frozen=True, slots=True)
class Controller:
    """Where a cluster's controller is: its Service."""

    client: Client
    namespace: str = "kube-system"
    name: str = "sealed-secrets-controller"

    def certificate(self) -> bytes:
        """The certificate that it seals for now, as PEM.

        Raises:
            AccessError: it does not answer.
            NotFoundError: there is no such Service.
        """
        return str(self._call("GET", "cert.pem", accept="application/x-pem-file, */*")).encode()

    def can_open(self, sealed: Object) -> bool:
        """Whether the cluster's keys open a SealedSecret. Raises as `certificate`."""
        try:
            self._call("POST", "verify", body=sealed)
        except ApiError as error:
            if error.status == 409:
                return False
            raise
        return True

    def rotated(self, sealed: Object) -> Object:
        """The SealedSecret, sealed for the controller's newest key. Raises as `certificate`."""
        return dict(self._call("POST", "rotate", body=sealed))

    def _call(self, method: str, verb: str, **call: Any) -> Any:
        services = f"/api/v1/namespaces/{self.namespace}/services"
        try:
            port = self.client.get(f"{services}/{self.name}")["spec"]["ports"][0].get("name", "")
        except ApiError as error:
            if error.status != 404:
                raise
            raise NotFoundError(
                f"the cluster has no Service {self.namespace}/{self.name}",
                next_step="name the controller's: --controller-namespace, --controller-name",
            ) from None
        try:
            return self.client.request(method, f"{services}/http:{self.name}:{port}/proxy/v1/{verb}", **call)
        except ApiError as error:
            if error.status < 500:
                raise
            raise AccessError(
                f"the Sealed Secrets controller does not answer: {error.message}",
                next_step="see whether its pod runs, or give the certificate: --cert FILE",
            ) from None


def sealing_keys(client: Client, namespace: str, name: str = "") -> list[Object]:
    """The Secrets in which a namespace keeps sealing keys, or the one of a name.

    Raises:
        ApiError: they can't be read.
    """
    path = f"/api/v1/namespaces/{namespace}/secrets"
    if name:
        return [client.get(f"{path}/{name}")]
    return client.list(path, KEY_LABEL)


def restore_keys(client: Client, namespace: str, secrets: Iterable[Object]) -> Iterator[tuple[str, bool]]:
    """Put Secrets with keys into a namespace, made where it is missing; gives each one's name, and whether it is new.

    Raises:
        ApiError: the cluster refuses.
    """
    path = f"/api/v1/namespaces/{namespace}/secrets"
    for secret in secrets:
        try:
            new = _made(client, path, secret)
        except ApiError as error:
            if error.status != 404:
                raise
            _made(client, "/api/v1/namespaces", {"metadata": {"name": namespace}})
            new = _made(client, path, secret)
        yield str(secret["metadata"]["name"]), new


def _made(client: Client, path: str, body: Object) -> bool:
    try:
        client.create(path, body)
    except ApiError as error:
        if error.reason != "AlreadyExists":
            raise
        return False
    return True
