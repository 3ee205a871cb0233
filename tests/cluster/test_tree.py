from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitops.cluster.client import Client
from gitops.cluster.discovery import Resource
from gitops.cluster.events import Event, events
from gitops.cluster.tree import tree
from gitops.model.keys import ObjectKey
from tests.cluster.api_server import Reply, serving, status

if TYPE_CHECKING:
    from tests.cluster.api_server import Asked

DEPLOYMENT = ObjectKey("apps", "Deployment", "web", "web")
KINDS = [
    Resource("apps", "v1", "ReplicaSet", "replicasets", namespaced=True),
    Resource("", "v1", "Pod", "pods", namespaced=True),
    Resource("", "v1", "Secret", "secrets", namespaced=True),
    Resource("", "v1", "Event", "events", namespaced=True),
    Resource("", "v1", "Node", "nodes", namespaced=False),
]


def item(name: str, owner: str = "", **more: Any) -> dict[str, Any]:
    owners = [{"uid": owner}] if owner else []
    return {"metadata": {"name": name, "namespace": "web", "uid": name, "ownerReferences": owners}, **more}


def answer(asked: Asked) -> Reply:
    path = asked.path.partition("?")[0]
    if path.endswith("/secrets"):
        return status(403, "Forbidden")
    found = {
        "replicasets": [item("web-1", "web"), item("other-1", "other")],
        "pods": [item("web-1-b", "web-1"), item("web-1-a", "web-1"), item("stray")],
        "events": [
            {
                "metadata": {"creationTimestamp": "2026-01-01T09:00:00Z"},
                "involvedObject": {"uid": "web-1-a"},
                "lastTimestamp": "2026-01-01T10:00:00Z",
                "type": "Warning",
                "reason": "FailedScheduling",
                "message": "no room\n",
                "count": 3,
            },
            {"metadata": {}, "involvedObject": {"uid": "stray"}, "message": "nobody's"},
            {
                "metadata": {},
                "involvedObject": {"uid": "web"},
                "eventTime": "2026-01-01T08:00:00Z",
                "series": {"count": 2, "lastObservedTime": "2026-01-01T08:30:00Z"},
            },
        ],
    }[path.rpartition("/")[2]]
    return Reply({"kind": "List", "apiVersion": "v1", "items": found})


def test_what_an_object_owns_is_found_down_to_its_pods() -> None:
    with serving(answer) as server:
        (root,) = tree(Client(server.access), KINDS, [(DEPLOYMENT, item("web"))])

    assert [(branch.key.kind, branch.key.name) for branch in root.everything()] == [
        ("Deployment", "web"),
        ("ReplicaSet", "web-1"),
        ("Pod", "web-1-a"),
        ("Pod", "web-1-b"),
    ]
    assert len(server.asked) == 3  # one list a kind: no events, nothing outside of namespaces


def test_what_does_not_live_owns_nothing() -> None:
    with serving(answer) as server:
        (root,) = tree(Client(server.access), KINDS, [(DEPLOYMENT, None)])
    assert (root.live, root.below) == (None, ())


def test_owners_in_a_circle_end() -> None:
    def circle(asked: Asked) -> Reply:
        items = [item("a", "b"), item("b", "a")] if "/pods" in asked.path else []
        return Reply({"kind": "List", "apiVersion": "v1", "items": items})

    with serving(circle) as server:
        key = ObjectKey("", "Pod", "web", "a")
        (root,) = tree(Client(server.access), KINDS, [(key, item("a"))])
    assert [branch.key.name for branch in root.everything()] == ["a", "b", "a"]


def test_events_are_those_of_the_objects_and_of_what_they_own() -> None:
    with serving(answer) as server:
        client = Client(server.access)
        found = events(client, tree(client, KINDS, [(DEPLOYMENT, item("web"))]))

    assert found == (
        Event("2026-01-01T08:30:00Z", "", "", "Deployment web/web", 2, ""),
        Event("2026-01-01T10:00:00Z", "Warning", "FailedScheduling", "Pod web/web-1-a", 3, "no room"),
    )
