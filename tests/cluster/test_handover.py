"""Secrets that change hands: what leaves, what is told to whom, and that a second time does no harm."""

import pytest

from gitops.cluster.client import JSON_PATCH
from gitops.cluster.discovery import Resource
from gitops.cluster.errors import ApiError
from gitops.cluster.handover import (
    HANDED_OVER,
    changing_hands,
    release,
    take_back,
    to_hand_over,
    to_take_back,
)
from gitops.cluster.survey import Survey
from gitops.model.keys import ObjectKey

SECRET, SEALED = ObjectKey("", "Secret", "web", "db"), ObjectKey("bitnami.com", "SealedSecret", "web", "db")
OTHER = ObjectKey("", "Secret", "web", "other")
PATH = "/api/v1/namespaces/web/secrets/db"
OWNED_BY = {"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret"}
OWNER = {"kind": "SealedSecret", "name": "db", "uid": "1"}
RESOURCES = {
    ("", "Secret"): Resource("", "v1", "Secret", "secrets", namespaced=True),
    ("bitnami.com", "SealedSecret"): Resource(
        "bitnami.com", "v1alpha1", "SealedSecret", "sealedsecrets", namespaced=True
    ),
}


class Cluster:
    """Has one Secret, and remembers what it was told."""

    def __init__(self, **metadata):
        self.metadata = {"uid": "u", "resourceVersion": "7", **metadata}
        self.told = []

    def get(self, path):
        assert path == PATH
        if not self.metadata.get("name", "db"):
            raise ApiError(404, "NotFound", "no", {}, path)
        return {"metadata": self.metadata}

    def patch(self, path, patch, content_type="merge"):
        self.told.append((path, patch, content_type))


def living(*keys, **annotations):
    metadata = {"annotations": annotations} if annotations else {}
    return Survey({key: {"metadata": metadata} for key in keys}, RESOURCES)


@pytest.mark.parametrize(
    ("live", "wanted", "leaving"),
    [
        ([SEALED], [SECRET], {SEALED}),
        ([SECRET], [SEALED], {SECRET}),
        ([SECRET, SEALED], [SEALED], {SECRET}),
        ([SECRET], [], set()),
        ([SEALED, OTHER], [OTHER], set()),
        ([SECRET, SEALED], [SECRET, SEALED], set()),
    ],
)
def test_only_what_another_takes_the_place_of_changes_hands(live, wanted, leaving):
    assert changing_hands(living(*live), wanted) == leaving
    assert set(to_hand_over(living(*live), wanted)) == leaving


def test_what_was_handed_over_is_not_handed_over_again():
    live = living(SEALED, **{HANDED_OVER: "true"})
    assert to_hand_over(live, [SECRET]) == ()
    assert changing_hands(live, [SECRET]) == {SEALED}


def test_the_controller_lets_go_before_its_sealed_secret_is_marked():
    cluster = Cluster(
        ownerReferences=[{"kind": "Thing"}, OWNER], annotations={"sealedsecrets.bitnami.com/managed": "true"}
    )
    release(cluster, living(SEALED), SEALED)
    (path, patch, kind), (marked, mark, _) = cluster.told
    assert (path, kind) == (PATH, JSON_PATCH)
    assert patch[0] == {"op": "test", "path": "/metadata/uid", "value": "u"}
    assert {"op": "replace", "path": "/metadata/ownerReferences", "value": [{"kind": "Thing"}]} in patch
    assert patch[-1] == {"op": "remove", "path": "/metadata/annotations/sealedsecrets.bitnami.com~1managed"}
    assert marked.endswith("/sealedsecrets/db")
    assert mark == {"metadata": {"annotations": {HANDED_OVER: "true"}}}


@pytest.mark.parametrize("metadata", [{}, {"name": ""}], ids=["not owned", "not there"])
def test_a_secret_that_nobody_owns_is_not_touched(metadata):
    cluster = Cluster(**metadata)
    release(cluster, living(SEALED), SEALED)
    assert len(cluster.told) == 1


def test_the_programs_secret_loses_its_labels_and_may_be_managed():
    cluster = Cluster()
    release(cluster, living(SECRET), SECRET)
    ((path, patch, _),) = cluster.told
    assert path == PATH
    assert patch["metadata"]["labels"] == {"gitops.internal/stack": None, "gitops.internal/application": None}
    assert patch["metadata"]["annotations"] == {
        "sealedsecrets.bitnami.com/managed": "true",
        "gitops.internal/object": None,
    }


def test_who_changes_their_mind_gets_the_secret_back():
    live = living(SEALED, **{HANDED_OVER: "true"})
    live.objects[SEALED]["metadata"]["uid"] = "1"
    assert to_take_back(live, [SEALED]) == (SEALED,)
    assert to_take_back(live, [SECRET]) == ()
    cluster = Cluster(ownerReferences=[{"kind": "Thing", "uid": "2"}])
    take_back(cluster, live, SEALED)
    (path, patch, _), (marked, mark, _) = cluster.told
    owner = {**OWNED_BY, "name": "db", "uid": "1", "controller": True}
    assert path == PATH
    assert patch["metadata"] == {
        "resourceVersion": "7",
        "ownerReferences": [{"kind": "Thing", "uid": "2"}, owner],
    }
    assert marked.endswith("/sealedsecrets/db")
    assert mark == {"metadata": {"annotations": {HANDED_OVER: None}}}
