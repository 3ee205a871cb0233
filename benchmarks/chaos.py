"""What a soak does to a stack behind its loop's back, one random thing at a time."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gitops.cluster.errors import ApiError
from gitops.model.keys import STACK_LABEL

if TYPE_CHECKING:
    import random

    from gitops.cluster.client import Client
    from tests.git_repository import GitRepository

PATHS = {
    "ConfigMap": "/api/v1/namespaces/{0}/configmaps/{1}",
    "ServiceAccount": "/api/v1/namespaces/{0}/serviceaccounts/{1}",
    "Service": "/api/v1/namespaces/{0}/services/{1}",
    "Deployment": "/apis/apps/v1/namespaces/{0}/deployments/{1}",
    "Role": "/apis/rbac.authorization.k8s.io/v1/namespaces/{0}/roles/{1}",
}


@dataclass
class Fleet:
    """Applications in a repository, each with one object of a few kinds, and what Git says of them now.

    Attributes:
        settings: what each application's ConfigMap says.
        extras: applications that have a second ConfigMap.
        taken: applications that had it once, and lost it by a commit.
    """

    repository: GitRepository
    names: list[str]
    settings: dict[str, str] = field(default_factory=dict)
    extras: set[str] = field(default_factory=set)
    taken: set[str] = field(default_factory=set)

    def write(self, name: str) -> None:
        """Write an application's files as they have to be now."""
        text = "---\n".join(json.dumps(body) + "\n" for body in self.objects(name))
        self.repository.write(f"k8s/02-apps/{name}/objects.yaml", text)

    def objects(self, name: str) -> list[dict[str, Any]]:
        """What Git says of an application now."""
        extra = [_named("v1", "ConfigMap", "extra", data={"more": "1"})] if name in self.extras else []
        return [*_objects(name, self.settings.get(name, "0")), *extra]

    def commit(self, chance: random.Random) -> str:
        """Change one application in Git: what it says, or which objects it has."""
        name = chance.choice(self.names)
        if chance.random() < 0.7:
            self.settings[name] = str(chance.randrange(10**9))
            what = f"Set {name}"
        else:
            self.taken |= self.extras & {name}
            self.extras ^= {name}
            what = f"{'Add to' if name in self.extras else 'Take from'} {name}"
        self.write(name)
        self.repository.commit(what)
        return what


@dataclass
class Vandal:
    """Changes live objects of random applications; remembers the uids of what it deleted."""

    client: Client
    names: list[str]
    chance: random.Random
    deleted: set[str] = field(default_factory=set)
    done: dict[str, int] = field(default_factory=dict)

    def strike(self) -> str:
        """One change; gives its name, "" when the cluster is away."""
        kind = self.chance.choice(["edit", "scale", "delete", "relabel"])
        name = self.chance.choice(self.names)
        try:
            getattr(self, f"_{kind}")(name)
        except ApiError as error:
            if error.status not in {404, 409}:
                raise
        self.done[kind] = self.done.get(kind, 0) + 1
        return f"{kind} {name}"

    def _edit(self, name: str) -> None:
        self._patch("ConfigMap", name, {"data": {"setting": f"by hand {self.chance.random()}"}})

    def _scale(self, name: str) -> None:
        self._patch("Deployment", name, {"spec": {"replicas": self.chance.choice([0, 2, 3])}})

    def _delete(self, name: str) -> None:
        kind = self.chance.choice(list(PATHS))
        path = PATHS[kind].format(name, name)
        uid = self.client.get(path)["metadata"]["uid"]
        self.deleted.add(uid)
        self.client.delete(path, uid=uid)

    def _relabel(self, name: str) -> None:
        kind = self.chance.choice(list(PATHS))
        key, value = self.chance.choice([(STACK_LABEL, None), (STACK_LABEL, "other"), ("part-of", "nothing")])
        self._patch(kind, name, {"metadata": {"labels": {key: value}}})

    def _patch(self, kind: str, name: str, patch: dict[str, Any]) -> None:
        self.client.patch(PATHS[kind].format(name, name), patch, field_manager="vandal")


def _objects(name: str, setting: str) -> list[dict[str, Any]]:
    labels = {"app": name}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": "nginx:1.27"}]}}
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": pod}
    rule = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]}
    return [
        _named("v1", "ConfigMap", name, data={"setting": setting}),
        _named("v1", "ServiceAccount", name),
        _named("v1", "Service", name, spec={"selector": labels, "ports": [{"port": 80}]}),
        _named("apps/v1", "Deployment", name, spec=spec),
        _named("rbac.authorization.k8s.io/v1", "Role", name, rules=[rule]),
    ]


def _named(api_version: str, kind: str, name: str, **body: Any) -> dict[str, Any]:
    metadata = {"name": name, "labels": {"part-of": "soak"}}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **body}
