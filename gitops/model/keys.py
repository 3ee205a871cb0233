"""What a Kubernetes object is called, and the names this project puts on it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

STACK_LABEL = "gitops.internal/stack"
APPLICATION_LABEL = "gitops.internal/application"
TREE_ANNOTATION = "gitops.internal/tree"
# whether an object stays when it leaves Git: it tells it itself, since no plan knows it then
PRUNE_ANNOTATION = "gitops.internal/prune"
# its value for what stays for as long as a ReplicaSet needs it
UNUSED = "unused"
# which object an object is: a copy under another name, which has the same labels, tells another one's
OBJECT_ANNOTATION = "gitops.internal/object"
# on a live object that a hook made: the name that its hook has in the plan
HOOK_ANNOTATION = "gitops.internal/hook"
# on a Rollout: the name of the group that it goes on with, and is taken back with
GROUP_ANNOTATION = "gitops.internal/rollout-group"
# on an Argo CD Application: whether it goes back by itself when a new revision of it fails
ROLLBACK_ANNOTATION = "gitops.internal/rollback-on-failure"
FIELD_MANAGER = "gitops"


@dataclass(frozen=True, slots=True, order=True)
class ObjectKey:
    """An object's identity in a cluster: it outlives waves, applications and API versions.

    `group` is "" for the core group; `namespace` is "" for cluster-scoped kinds.
    """

    group: str
    kind: str
    namespace: str
    name: str

    @property
    def resource_name(self) -> str:
        """The name of its Pulumi resource, such as `apps/Deployment:shop/web` or `Namespace:shop`."""
        group = f"{self.group}/" if self.group else ""
        namespace = f"{self.namespace}/" if self.namespace else ""
        return f"{group}{self.kind}:{namespace}{self.name}"

    @classmethod
    def of_body(cls, body: Mapping[str, Any]) -> ObjectKey:
        """The identity of a whole object; one that is named anew each time has its `generateName`."""
        metadata = body["metadata"]
        name = metadata.get("name") or metadata["generateName"]
        namespace = str(metadata.get("namespace") or "")
        return cls(group_of(str(body["apiVersion"])), str(body["kind"]), namespace, str(name))

    @classmethod
    def of(cls, resource_name: str) -> ObjectKey:
        """The identity in a Pulumi resource's name, the way back from `resource_name`."""
        head, _, tail = resource_name.partition(":")
        group, _, kind = head.rpartition("/")
        namespace, _, name = tail.rpartition("/")
        return cls(group, kind, namespace, name)

    def __str__(self) -> str:
        """How messages call it: `Deployment shop/web`."""
        namespace = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind} {namespace}{self.name}"


def group_of(api_version: str) -> str:
    """The group in an apiVersion: "apps" in "apps/v1", "" in "v1"."""
    return api_version.rpartition("/")[0]


def version_of(api_version: str) -> str:
    """The version in an apiVersion: "v1" in "apps/v1"."""
    return api_version.rpartition("/")[2]


def object_name(prefix: str, text: str) -> str:
    """A name for an object of our own about something called `text`; any text gives a valid name of its own."""
    readable = re.sub("[^a-z0-9]+", "-", text.lower())[:40].strip("-")
    return f"{prefix}-{readable}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
