"""The rights that a stack's plan needs in its cluster, asked for one by one.

The question is a SelfSubjectAccessReview (`authorization.k8s.io/v1`), which everybody may ask.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from gitops.model.check import Check, failure, fine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gitops.cluster.client import Client
    from gitops.cluster.discovery import Resource
    from gitops.model.keys import ObjectKey

VERBS = ("get", "list", "watch", "create", "patch", "delete")
_CRD = ("apiextensions.k8s.io", "CustomResourceDefinition")
_REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


def verbs_of(group: str, kind: str) -> tuple[str, ...]:
    """What a sync does to objects of a kind; a CRD is replaced as a whole."""
    return (*VERBS, "update") if (group, kind) == _CRD else VERBS


class _Right(NamedTuple):
    verb: str
    group: str
    plural: str
    namespace: str


def rights(client: Client, keys: Iterable[ObjectKey], resources: Mapping[tuple[str, str], Resource]) -> Check:
    """Whether the kubeconfig's user may do to every kind of the plan what a sync does.

    A right for the whole cluster is asked for first, one for single namespaces where that is denied. Kinds
    that the cluster does not serve yet are left out.

    Raises:
        GitOpsError: the cluster does not answer.
    """
    places: dict[Resource, set[str]] = {}
    for key in keys:
        resource = resources.get((key.group, key.kind))
        if resource:
            places.setdefault(resource, set()).add(key.namespace)
    wanted = [
        (verb, resource) for resource in sorted(places) for verb in verbs_of(resource.group, resource.kind)
    ]

    def lacking(pair: tuple[str, Resource]) -> Iterator[_Right]:
        verb, resource = pair
        everywhere = _Right(verb, resource.group, resource.plural, "")
        if _allowed(client, everywhere):
            return
        namespaces = sorted(places[resource]) if resource.namespaced else [""]
        for right in (everywhere._replace(namespace=name) for name in namespaces):
            if not right.namespace or not _allowed(client, right):
                yield right

    with ThreadPoolExecutor(max_workers=16) as pool:
        missing = [right for found in pool.map(lambda pair: list(lacking(pair)), wanted) for right in found]
    if not missing:
        return fine("rights", f"{len(wanted)} rights on {len(places)} kinds, all granted")
    return failure("rights", f"may not {_listed(missing)}", "grant them to the user of the context", 3)


def _allowed(client: Client, right: _Right) -> bool:
    attributes = {
        "verb": right.verb,
        "group": right.group,
        "resource": right.plural,
        "namespace": right.namespace,
    }
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    return bool(client.create(_REVIEW, review)["status"].get("allowed"))


def _listed(missing: list[_Right]) -> str:
    """Such as `create, patch deployments.apps in shop; list nodes`."""
    verbs: dict[tuple[str, str], list[str]] = {}
    for right in missing:
        name = f"{right.plural}.{right.group}" if right.group else right.plural
        verbs.setdefault((name, right.namespace), []).append(right.verb)
    return "; ".join(
        f"{', '.join(listed)} {name}" + (f" in {namespace}" if namespace else "")
        for (name, namespace), listed in sorted(verbs.items())
    )
