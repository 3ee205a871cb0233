from __future__ import annotations

from typing import Any

from gitops.cluster.client import Client
from gitops.cluster.connect import Connection
from gitops.cluster.discovery import Discovery
from gitops.delivery.adoption.cluster import look
from gitops.delivery.adoption.preview import owner_releases
from gitops.model.adoption import Owner, OwnerRelease
from gitops.model.keys import ObjectKey
from tests.cluster.api_server import Asked, Reply, serving

ARGO = "argoproj.io/v1alpha1"
SET = {"metadata": {"name": "all", "namespace": "argocd"}, "spec": {}}
MADE = {
    "metadata": {
        "name": "shop",
        "namespace": "argocd",
        "ownerReferences": [{"kind": "ApplicationSet", "name": "all", "controller": True}],
    },
    "spec": {"syncPolicy": {"automated": {}}},
}
OBJECTS = {"applications": ("Application", [MADE]), "applicationsets": ("ApplicationSet", [SET])}


def argo_cd(asked: Asked) -> Reply:
    """An API server that serves Argo CD's kinds and nothing else."""
    path = asked.path.partition("?")[0]
    if path == "/api":
        return Reply({"versions": []})
    if path == "/version":
        return Reply({"gitVersion": "v1.36.3"})
    if path == "/apis":
        return Reply({"groups": [{"versions": [{"groupVersion": ARGO}]}]})
    if path == f"/apis/{ARGO}":
        verbs = ["list", "get", "delete"]
        kinds = [
            {"name": plural, "kind": kind, "namespaced": True, "verbs": verbs}
            for plural, (kind, _) in OBJECTS.items()
        ]
        return Reply({"resources": kinds})
    *_, plural = (part for part in path.split("/") if part in OBJECTS)
    kind, items = OBJECTS[plural]
    if path.endswith(plural):
        return Reply({"kind": f"{kind}List", "apiVersion": ARGO, "items": items})
    body: dict[str, Any] = {"kind": kind, "apiVersion": ARGO, **items[0]}
    return Reply(body)


def test_an_application_that_an_application_set_made_is_found_and_its_maker_lets_go_first() -> None:
    with serving(argo_cd) as server:
        client = Client(server.access)
        cluster = look(Connection(client, Discovery(client)))
        tracking = {"argocd.argoproj.io/tracking-id": "shop:/ConfigMap:shop/x"}
        owners = cluster.owners_of(ObjectKey("", "ConfigMap", "shop", "x"), {"annotations": tracking})
        application = Owner("Argo CD", "Application", "argocd", "shop")
        assert owners == (application,)
        assert owner_releases(owners, cluster) == (
            OwnerRelease(
                Owner("Argo CD", "ApplicationSet", "argocd", "all"),
                found=True,
                steps=("it leaves the Applications it made alone",),
            ),
            OwnerRelease(application, found=True, steps=("automated sync is paused",)),
        )
