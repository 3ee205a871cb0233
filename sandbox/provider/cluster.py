"""The configured cluster: reached when first needed, so that a dead one fails calls and nothing else."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from gitops.cluster import kubeconfig
from gitops.cluster.client import Client
from gitops.cluster.discovery import Discovery
from gitops.cluster.errors import ApiError, Unreachable
from gitops.model.errors import GitOpsError
from sandbox.provider.inputs import is_built_in
from sandbox.provider.waiting import Waiter
from sandbox.provider.watching import Watches

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitops.cluster.client import Object
    from gitops.cluster.discovery import Resource
    from sandbox.provider.settings import Settings

_POOL = 160
_PATIENCE = 30.0  # an API server that is restarted in the middle of a run is back by then
_CLUSTER_SCOPED = frozenset(
    (
        "Namespace Node PersistentVolume ClusterRole ClusterRoleBinding StorageClass PriorityClass "
        "IngressClass CustomResourceDefinition APIService MutatingWebhookConfiguration "
        "ValidatingWebhookConfiguration "
        "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding CSIDriver CSINode VolumeAttachment "
        "RuntimeClass FlowSchema PriorityLevelConfiguration CertificateSigningRequest ClusterTrustBundle "
        "DeviceClass VolumeAttributesClass ComponentStatus IPAddress ServiceCIDR ResourceSlice"
    ).split()
)


class Cluster:
    """One cluster under one set of settings; everything here may raise ConfigError, AccessError, ApiError."""

    def __init__(self, settings: Settings, warn: Callable[[str], None]) -> None:
        self.settings = settings
        self.cancelled = threading.Event()
        self._warn = warn
        self._warned: set[str] = set()
        self._lock = threading.Lock()
        self._client: Client | None = None
        self._context_namespace = ""

    def _open(self) -> Client:
        with self._lock:
            if self._client is None:
                access = kubeconfig.load(self.settings.kubeconfig or None, self.settings.context or None)
                self._context_namespace = access.namespace
                warn = None if self.settings.quiet else self._warn_once
                self._client = Client(
                    access, pool=_POOL, timeout=self.settings.timeout, patience=_PATIENCE, warn=warn
                )
                self._discovery = Discovery(self._client)
                self._watches = Watches(self._client)
            return self._client

    def _warn_once(self, message: str) -> None:
        """The server repeats a warning for every object that it applies to."""
        with self._lock:
            new = message not in self._warned
            self._warned.add(message)
        if new:
            self._warn(message)

    @property
    def client(self) -> Client:
        """The connection to the API server."""
        return self._open()

    @property
    def waiter(self) -> Waiter:
        """What waits for objects of this cluster."""
        client = self._open()
        return Waiter(client, self._watches, self.cancelled)

    def resource(self, obj: Object) -> Resource:
        """How the cluster serves an object's kind."""
        self._open()
        return self._discovery.find(str(obj.get("apiVersion", "")), str(obj.get("kind", "")))

    def path(self, obj: Object) -> tuple[Resource, str, str]:
        """(resource, path of its collection, path of the object)."""
        resource = self.resource(obj)
        metadata = obj.get("metadata") or {}
        namespace = (metadata.get("namespace") or self.namespace()) if resource.namespaced else ""
        return resource, resource.path(namespace), resource.path(namespace, metadata.get("name", ""))

    def namespace(self) -> str:
        """Where objects without a namespace go: the provider's, else the context's, else `default`."""
        if self.settings.namespace:
            return self.settings.namespace
        try:
            self._open()
        except GitOpsError:
            return "default"
        return self._context_namespace or "default"

    def is_namespaced(self, obj: Object) -> bool | None:
        """Whether an object lives in a namespace; None when the cluster doesn't know its kind or is away."""
        if is_built_in(obj):
            return obj.get("kind") not in _CLUSTER_SCOPED
        try:
            return self.resource(obj).namespaced
        except GitOpsError:
            return None

    def trouble(self) -> GitOpsError | None:
        """Why the cluster can't be used, if it can't."""
        try:
            self.client.get("/version")
        except ApiError as error:
            return error if error.status == 401 else None
        except GitOpsError as error:
            return error
        return None

    def cancel(self) -> None:
        """End every wait."""
        self.cancelled.set()
        if self._client is not None:
            self._watches.stop()


def is_out_of_reach(error: GitOpsError) -> bool:
    """Whether an error means that the cluster, not the object, is the trouble."""
    return isinstance(error, Unreachable) or (not isinstance(error, ApiError) and error.exit_code in {2, 3})


__all__ = ["Cluster", "is_out_of_reach"]
