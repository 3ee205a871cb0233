from __future__ import annotations

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from gitops.cluster.client import Client, Unreachable
from gitops.cluster.discovery import Discovery, Resource, UnknownKindError
from gitops.cluster.errors import ApiError, DeniedError
from gitops.cluster.kubeconfig import Access
from tests.cluster.api_server import Asked, Reply, serving, status

COLLECTION = "/api/v1/namespaces/n/configmaps"
SECRETS = "/api/v1/namespaces/n/secrets"


def test_a_collection_is_read_page_by_page_and_its_items_carry_their_kind() -> None:
    def answer(asked: Asked) -> Reply:
        last = "continue=more" in asked.path
        metadata = {"resourceVersion": "7"} if last else {"continue": "more"}
        item = {"metadata": {"name": "b" if last else "a"}}
        return Reply({"apiVersion": "v1", "kind": "ConfigMapList", "metadata": metadata, "items": [item]})

    with serving(answer) as server:
        listing = Client(server.access).listing(COLLECTION, "app=web")
    assert [(i["kind"], i["apiVersion"], i["metadata"]["name"]) for i in listing.items] == [
        ("ConfigMap", "v1", "a"),
        ("ConfigMap", "v1", "b"),
    ]
    assert listing.resource_version == "7"
    assert all("labelSelector=app%3Dweb" in asked.path for asked in server.asked)


def test_an_expired_page_starts_the_listing_again() -> None:
    expired = iter([True])

    def answer(asked: Asked) -> Reply:
        if "continue=" in asked.path and next(expired, False):
            return status(410, "Expired")
        first = "continue=" not in asked.path
        return Reply({"metadata": {"continue": "x"} if first else {}, "items": [{"n": 1}]})

    with serving(answer) as server:
        assert len(Client(server.access).list(COLLECTION)) == 2
    assert len(server.asked) == 4


def test_apply_names_its_manager_and_says_whether_it_forces() -> None:
    with serving(lambda asked: Reply(asked.body)) as server:
        client = Client(server.access)
        assert client.apply(f"{COLLECTION}/x", {"a": 1}, field_manager="me", force=True, dry_run=True) == {
            "a": 1
        }
        client.apply(f"{COLLECTION}/x", {}, field_manager="me")
    forced, plain = server.asked
    assert forced.method == "PATCH"
    assert forced.headers["content-type"] == "application/apply-patch+yaml"
    assert {"fieldManager=me", "force=true", "dryRun=All"} == set(forced.path.partition("?")[2].split("&"))
    assert plain.path.endswith("?fieldManager=me")
    assert plain.headers["authorization"] == "Bearer t0ken"


def test_a_refusal_carries_what_the_status_says() -> None:
    causes = [{"field": ".spec.replicas", "message": "conflict with kubectl"}]
    with (
        serving(lambda _: status(409, "Conflict", "taken", causes=causes)) as server,
        pytest.raises(ApiError, match="Conflict: taken") as raised,
    ):
        Client(server.access).get(f"{COLLECTION}/x")
    assert raised.value.status == 409
    assert raised.value.path == f"{COLLECTION}/x"
    assert raised.value.causes == ((".spec.replicas", "conflict with kubectl"),)


def test_an_expired_token_and_a_missing_right_are_access_errors_with_a_next_step() -> None:
    for code, reason in ((401, "Unauthorized"), (403, "Forbidden")):
        with (
            serving(lambda _, c=code, r=reason: status(c, r)) as server,
            pytest.raises(DeniedError, match=f"{reason}.*\n.*→") as raised,
        ):
            Client(server.access).get(COLLECTION)
        assert raised.value.exit_code == 3


def test_no_value_of_a_secret_reaches_an_error() -> None:
    secret = {"data": {"p": "aHVudGVyMg=="}, "stringData": {"q": "hunter2-in-clear"}}
    said = 'bad aHVudGVyMg==: hunter2-in-clear: Invalid value: "other": got Value:123}'
    with (
        serving(lambda _: status(422, "Invalid", said, causes=[{"message": "hunter2-in-clear"}])) as server,
        pytest.raises(ApiError) as raised,
    ):
        Client(server.access).create(SECRETS, secret)
    told = f"{raised.value} {raised.value.details} {raised.value.causes}"
    assert not any(value in told for value in ("aHVudGVyMg==", "hunter2", "other", "123"))


def test_an_unknown_field_in_an_apply_is_an_invalid_object() -> None:
    said = "failed to create typed patch object (n/x; apps/v1, Kind=Deployment): .spec.x: field not declared"
    with (
        serving(lambda _: Reply({"kind": "Status", "code": 500, "message": said}, 500)) as server,
        pytest.raises(ApiError, match=r"^Invalid: \.spec\.x: field not declared"),
    ):
        Client(server.access).apply(f"{COLLECTION}/x", {}, field_manager="m")


def test_a_busy_server_is_asked_again_when_it_says_so() -> None:
    replies = iter([Reply({}, 429, {"retry-after": "0"}), Reply({"ok": True})])
    with serving(lambda _: next(replies)) as server:
        assert Client(server.access).get("/x") == {"ok": True}


@pytest.mark.parametrize("body", [b"<html>a proxy's page</html>", b"", b"[1]", b'{"cut'])
def test_an_answer_that_is_no_kubernetes_object_is_not_taken_for_one(body: bytes) -> None:
    with serving(lambda _: Reply(body)) as server:
        client = Client(server.access)
        if body:
            with pytest.raises(Unreachable, match="not answered with a Kubernetes object"):
                client.get("/x")
        else:
            assert client.get("/x") == {}


def test_nobody_listening_is_told_with_the_address() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(Unreachable, match=f"{address} can't be reached: Connection refused"):
        Client(Access(server=address)).create("/x", {})


def test_connections_are_used_again_from_many_threads() -> None:
    with serving(lambda _: Reply({"ok": 1})) as server:
        client = Client(server.access, pool=4)
        with ThreadPoolExecutor(4) as pool:
            assert len(list(pool.map(client.get, ["/x"] * 40))) == 40
        assert len(server.connections) <= 4


def test_a_watch_yields_changes_and_ends_with_an_error_object_as_an_error() -> None:
    lines = [
        {"type": "ADDED", "object": {"metadata": {"name": "a"}}},
        {
            "type": "ERROR",
            "object": {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"},
        },
    ]
    body = "".join(json.dumps(line) + "\n" for line in lines).encode()
    with serving(lambda _: Reply(body)) as server:
        events = Client(server.access).watch(COLLECTION, "5", 10)
        assert next(events).object["metadata"]["name"] == "a"
        with pytest.raises(ApiError, match="too old"):
            next(events)
    assert "resourceVersion=5" in server.asked[0].path


def test_warnings_of_the_server_are_passed_on() -> None:
    heard: list[str] = []
    header = {"warning": '299 - "v1 Endpoints is deprecated"'}
    with serving(lambda _: Reply({}, 200, header)) as server:
        Client(server.access, warn=heard.append).get("/x")
    assert heard == ["v1 Endpoints is deprecated"]


def discovery_answer(asked: Asked) -> Reply:
    widget = {"name": "widgets", "kind": "Widget", "namespaced": True, "verbs": ["list"]}
    resources = [
        {"resource": "nodes", "responseKind": {"kind": "Node"}, "scope": "Cluster", "verbs": ["list"]},
        {"resource": "bindings", "responseKind": {"kind": "Binding"}, "scope": "Namespaced", "verbs": []},
    ]
    core = {"metadata": {}, "versions": [{"version": "v1", "resources": resources}]}
    match asked.path:
        case "/api":
            return Reply({"items": [core]})
        case "/apis":
            return Reply({"items": []})
        case "/apis/new.example/v1":
            return Reply({"resources": [widget, {**widget, "name": "widgets/status"}]})
    return status(404, "NotFound")


def test_kinds_are_read_once_and_a_new_group_is_looked_up_when_asked_for() -> None:
    with serving(discovery_answer) as server:
        discovery = Discovery(Client(server.access))
        assert discovery.find("v1", "Node").path(name="n") == "/api/v1/nodes/n"
        widget = discovery.find("new.example/v1", "Widget")
        assert widget.path("a", "b") == "/apis/new.example/v1/namespaces/a/widgets/b"
        assert discovery.find("new.example/v1", "Widget") == widget
        assert [asked.path for asked in server.asked] == ["/api", "/apis", "/apis/new.example/v1"]
        with pytest.raises(UnknownKindError, match=r"does not serve Gadget in new\.example/v1"):
            discovery.find("new.example/v1", "Gadget")
        assert [r.kind for r in discovery.api_resources()] == ["Node"]


def test_a_name_can_not_lead_to_another_path() -> None:
    resource = Resource("", "v1", "ConfigMap", "configmaps", namespaced=True)
    assert resource.path("a/../b", "../x?y") == "/api/v1/namespaces/a%2F..%2Fb/configmaps/..%2Fx%3Fy"


def test_a_server_that_was_there_is_given_time_to_come_back_and_a_stranger_is_not() -> None:
    said = 'Internal error occurred: Get "https://x": dial tcp: connect: connection refused'
    with serving(lambda _: status(500, "InternalError", said)) as server:
        for patience, least in ((0.0, 0.3), (2.5, 1.3)):
            client = Client(server.access, patience=patience)
            started = time.monotonic()
            with pytest.raises(ApiError, match="connection refused"):
                client.apply("/x", {}, field_manager="m")
            assert least < time.monotonic() - started < 3
        server.asked.clear()
        with pytest.raises(ApiError):
            Client(server.access, patience=2.0).create("/x", {})
        assert len(server.asked) == 1, "a POST that failed is not sent again"


def test_a_busy_server_may_name_a_date_instead_of_seconds() -> None:
    replies = iter([Reply({}, 503, {"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}), Reply({"ok": True})])
    with serving(lambda _: next(replies)) as server:
        assert Client(server.access).get("/x") == {"ok": True}
