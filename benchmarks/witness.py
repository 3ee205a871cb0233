"""What a soak is judged by, with nothing of the product's own comparison in it: Git's objects, and who deleted what."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.chaos import PATHS
from gitops.cluster.errors import ApiError
from gitops.model.errors import GitOpsError
from gitops.model.keys import STACK_LABEL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.chaos import Fleet, Vandal
    from gitops.cluster.client import Client, Object

COLLECTIONS = {"Namespace": "/api/v1/namespaces"} | {
    kind: path.replace("/namespaces/{0}", "").removesuffix("/{1}") for kind, path in PATHS.items()
}
_CLUSTERS_OWN = {("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default")}


class Gone(NamedTuple):
    """A deletion that was seen."""

    kind: str
    namespace: str
    name: str
    uid: str


@dataclass
class Witness:
    """Watches every kind of a soak, and keeps each deletion, also those that it hears of late."""

    client: Client
    deletions: list[Gone] = field(default_factory=list)

    def start(self) -> None:
        """See everything from now on."""
        self._over = threading.Event()
        for kind, path in COLLECTIONS.items():
            known = {}
            listing = self.client.listing(path)
            for item in listing.items:
                known[item["metadata"]["uid"]] = _gone(kind, item)
            arguments = (kind, path, known, listing.resource_version)
            threading.Thread(target=self._follow, args=arguments, name=f"witness {kind}", daemon=True).start()

    def end(self) -> None:
        """See no more."""
        self._over.set()

    def unexplained(self, vandal: Vandal, fleet: Fleet) -> list[Gone]:
        """Deletions that neither the vandal did nor a commit asked for."""
        asked = {("ConfigMap", name, "extra") for name in fleet.taken}
        return [gone for gone in self.deletions if gone.uid not in vandal.deleted and gone[:3] not in asked]

    def _follow(self, kind: str, path: str, known: dict[str, Gone], version: str) -> None:
        while not self._over.is_set():
            try:
                for event in self.client.watch(path, version, 30):
                    version = event.object["metadata"]["resourceVersion"]
                    if event.type == "DELETED":
                        self.deletions.append(_gone(kind, event.object))
                        known.pop(event.object["metadata"]["uid"], None)
                    elif event.type != "BOOKMARK":
                        known[event.object["metadata"]["uid"]] = _gone(kind, event.object)
            except ApiError as error:
                if error.status == 410:
                    version = self._catch_up(kind, path, known)
                self._over.wait(0.2)
            except GitOpsError:  # it is away
                self._over.wait(0.2)

    def _catch_up(self, kind: str, path: str, known: dict[str, Gone]) -> str:
        listing = self.client.listing(path)
        live = {item["metadata"]["uid"]: _gone(kind, item) for item in listing.items}
        self.deletions += [gone for uid, gone in known.items() if uid not in live]
        known.clear()
        known.update(live)
        return listing.resource_version


def differences(client: Client, fleet: Fleet, stack: str) -> Iterator[str]:
    """Where the cluster is not what Git says, object by object: missing, other values, other label, one too many."""
    for kind, path in COLLECTIONS.items():
        found = {_gone(kind, item)[1:3]: item for item in client.list(path)}
        wanted = {key: body for key, body in _wanted(fleet).items() if key[0] == kind}
        for (_, namespace, name), body in wanted.items():
            live = found.pop((namespace, name), None)
            if live is None:
                yield f"{kind} {namespace}/{name} is missing"
            elif not holds(live, body):
                yield f"{kind} {namespace}/{name} is not as stated"
            elif live["metadata"].get("labels", {}).get(STACK_LABEL) != stack:
                yield f"{kind} {namespace}/{name} has not the stack's label"
        for namespace, name in found:
            ours = namespace in fleet.names and (kind, name) not in _CLUSTERS_OWN
            if ours:
                yield f"{kind} {namespace}/{name} is stated nowhere"


def holds(live: Any, stated: Any) -> bool:
    """Whether everything that is stated is there; what is not stated may be anything, but items of a list may not."""
    if isinstance(stated, dict):
        return isinstance(live, dict) and all(holds(live.get(key), value) for key, value in stated.items())
    if isinstance(stated, list):
        return isinstance(live, list) and len(live) == len(stated) and all(map(holds, live, stated))
    return bool(live == stated)


def _wanted(fleet: Fleet) -> dict[tuple[str, str, str], Object]:
    found: dict[tuple[str, str, str], Object] = {("Namespace", "", name): {} for name in fleet.names}
    for name in fleet.names:
        for body in fleet.objects(name):
            found[body["kind"], name, body["metadata"]["name"]] = body
    return found


def _gone(kind: str, item: Object) -> Gone:
    metadata = item["metadata"]
    return Gone(kind, metadata.get("namespace", ""), metadata["name"], metadata["uid"])
