"""Which kinds a cluster serves, and under which paths."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gitops.cluster.errors import ApiError
from gitops.model.errors import NotFoundError
from gitops.model.keys import ObjectKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gitops.cluster.client import Client

_AGGREGATED = (
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"
)


@dataclass(frozen=True, slots=True, order=True)
class Resource:
    """One kind as the API server serves it."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool
    verbs: frozenset[str] = frozenset()

    @property
    def api_version(self) -> str:
        """`v1`, or `group/version`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str = "", name: str = "") -> str:
        """The path of one object, or of the collection when `name` is empty."""
        scope = f"/namespaces/{quote(namespace, safe='')}" if self.namespaced and namespace else ""
        leaf = f"/{quote(name, safe=':')}" if name else ""
        return f"{root(self.api_version)}{scope}/{self.plural}{leaf}"

    def key(self, metadata: Mapping[str, Any]) -> ObjectKey:
        """The identity of one object of the kind."""
        return ObjectKey(self.group, self.kind, metadata.get("namespace", ""), metadata["name"])


class UnknownKindError(NotFoundError):
    """The cluster serves no such kind: its CRD is missing, or the version is no longer served."""

    def __init__(self, api_version: str, kind: str, server: str) -> None:
        self.api_version = api_version
        self.kind = kind
        super().__init__(
            f"the cluster at {server} does not serve {kind} in {api_version}",
            next_step="install its CRD in an earlier wave, or use a version that the cluster serves",
        )


def root(api_version: str) -> str:
    """The path under which a group and version is served."""
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"


class Discovery:
    """The kinds of one cluster, read once and read again for a group that is asked for and not there."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], Resource] | None = None

    def find(self, api_version: str, kind: str) -> Resource:
        """The resource of a kind. Raises UnknownKindError, ApiError, Unreachable."""
        with self._lock:
            if self._known is None:
                self._known = {(r.api_version, r.kind): r for r in self._read()}
            known = self._known
        if (api_version, kind) not in known:
            # the aggregated document lags behind a new CRD by up to a second, the group's own does not
            for resource in self._read_group(api_version):
                known[resource.api_version, resource.kind] = resource
        try:
            return known[api_version, kind]
        except KeyError:
            raise UnknownKindError(api_version, kind, self._client.server) from None

    def forget(self, api_version: str, kind: str) -> None:
        """Drop what is known of a kind whose path turned out not to exist any more."""
        with self._lock:
            if self._known is not None:
                self._known.pop((api_version, kind), None)

    def everything(self) -> tuple[Resource, ...]:
        """Every resource in every version, preferred versions first."""
        return tuple(self._read())

    def api_resources(self) -> tuple[Resource, ...]:
        """Every resource that can be listed, in the version that the server prefers, sorted."""
        return listable(self.everything())

    def _read(self) -> Iterator[Resource]:
        for path in ("/api", "/apis"):
            document = self._client.request("GET", path, accept=f"{_AGGREGATED},application/json")
            if "items" in document:
                yield from _aggregated(document)
                continue
            # a server too old for aggregated discovery, or a proxy that strips the header
            groups = document.get(
                "groups", [{"versions": [{"groupVersion": v} for v in document.get("versions", ())]}]
            )
            for group in groups:
                for version in group["versions"]:
                    yield from self._read_group(version["groupVersion"])

    def _read_group(self, api_version: str) -> Iterator[Resource]:
        try:
            document = self._client.get(root(api_version))
        except ApiError as error:
            if error.status == 404:
                return
            raise
        group, _, version = api_version.rpartition("/")
        for r in document.get("resources") or ():
            if "/" not in r["name"]:
                verbs = frozenset(r.get("verbs") or ())
                yield Resource(group, version, r["kind"], r["name"], r["namespaced"], verbs)


def listable(resources: Iterable[Resource]) -> tuple[Resource, ...]:
    """The resources that can be listed, each in the first of its versions, sorted."""
    preferred: dict[tuple[str, str], Resource] = {}
    for resource in resources:
        preferred.setdefault((resource.group, resource.kind), resource)
    return tuple(sorted(r for r in preferred.values() if "list" in r.verbs))


def _aggregated(document: dict[str, Any]) -> Iterator[Resource]:
    """The format is `APIGroupDiscoveryList` of apidiscovery.k8s.io; the preferred version comes first."""
    for group in document["items"]:
        name = (group.get("metadata") or {}).get("name", "")
        for version in group.get("versions") or ():
            for r in version.get("resources") or ():
                kind = (r.get("responseKind") or {}).get("kind")
                if kind:
                    verbs = frozenset(r.get("verbs") or ())
                    namespaced = r.get("scope") == "Namespaced"
                    yield Resource(name, version["version"], kind, r["resource"], namespaced, verbs)
