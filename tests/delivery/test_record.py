from __future__ import annotations

import base64
import gzip
from typing import Any

import pytest

from gitops.cluster.client import Client
from gitops.delivery.adoption.give_back import split
from gitops.delivery.adoption.record import (
    ObjectRecord,
    OwnerRecord,
    Record,
    Stored,
    adoption_name,
    drop,
    load,
    store,
)
from gitops.model.adoption import Owner
from gitops.model.errors import ConfigError, NotFoundError
from gitops.model.keys import ObjectKey
from tests.cluster.api_server import Asked, Reply, serving

ARGO_CD, FLUX = Owner("Argo CD", "Application", "argocd", "web"), Owner("Flux", "Kustomization", "flux", "db")


def item(name: str, application: str = "web", owner: Owner = ARGO_CD, filling: str = "") -> ObjectRecord:
    key = ObjectKey("", "ConfigMap", application, name)
    return ObjectRecord(
        key, "v1", f"uid-{name}", application, (owner,), {}, {"x": filling}, [{"manager": "old"}]
    )


class ConfigMaps:
    """ConfigMaps as an API server keeps them."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, Any]] = {}

    def __call__(self, asked: Asked) -> Reply:
        name = asked.path.partition("?")[0].rpartition("/")[2]
        if asked.method == "POST":
            self.items[asked.body["metadata"]["name"]] = asked.body
            return Reply(asked.body, 201)
        if asked.method == "DELETE":
            gone = self.items.pop(name, None)
            return Reply({"kind": "Status", "reason": "NotFound"}, 200 if gone else 404)
        return Reply({"kind": "ConfigMapList", "apiVersion": "v1", "items": [*self.items.values()]})


def test_a_record_comes_back_as_it_was_written_and_is_gone_when_it_is_dropped() -> None:
    record = Record((OwnerRecord(ARGO_CD, {"spec": {"x": None}}),), (item("a"), item("b")))
    with serving(ConfigMaps()) as server:
        client = Client(server.access)
        names = store(client, "Test_1", record)
        assert load(client, "Test_1") == Stored(record, names)
        drop(client, (*names, "gone-already"))
        assert load(client, "Test_1") == Stored()


def test_of_two_records_of_an_object_the_first_tells_how_it_was() -> None:
    with serving(ConfigMaps()) as server:
        client = Client(server.access)
        first = store(client, "x", Record(objects=(item("a", filling="first"),)))
        store(client, "x", Record(objects=(item("a", filling="second"), item("b"))), first)
        stored = load(client, "x")
    assert [(o.key.name, o.annotations["x"]) for o in stored.record.objects] == [("a", "first"), ("b", "")]
    assert len(stored.names) == 2


def test_a_large_record_is_cut_into_config_maps_that_a_server_takes() -> None:
    server_side = ConfigMaps()
    objects = tuple(item(f"n{i}", filling="x" * 250_000) for i in range(7))
    with serving(server_side) as server:
        client = Client(server.access)
        store(client, "x", Record(objects=objects))
        assert load(client, "x").record.objects == objects
    assert len(server_side.items) == 4
    assert all(len(str(body)) < 1_000_000 for body in server_side.items.values())


@pytest.mark.parametrize(
    "content",
    [
        None,
        "not base64!",
        base64.b64encode(b"not gzip").decode(),
        base64.b64encode(gzip.compress(b"{")).decode(),
        base64.b64encode(gzip.compress(b'{"objects": [{"key": 1}]}')).decode(),
        base64.b64encode(gzip.compress(b'{"schema": "gitops.internal/adoption-record/v9"}')).decode(),
        base64.b64encode(gzip.compress(b"{}")[:-4]).decode(),
        base64.b64encode(gzip.compress(b" " * 70_000_000)).decode(),
    ],
    ids=["nothing", "text", "bytes", "half JSON", "another form", "another version", "cut short", "a bomb"],
)
def test_what_is_no_record_is_refused_by_its_name(content: str | None) -> None:
    maps = ConfigMaps()
    data = {"binaryData": {"record": content}} if content else {}
    maps.items["broken-00001"] = {"metadata": {"name": "broken-00001"}, **data}
    with (
        serving(maps) as server,
        pytest.raises(ConfigError, match="ConfigMap default/broken-00001 is no record"),
    ):
        load(Client(server.access), "x")


@pytest.mark.parametrize("stack", ["prod", "Team_A.prod", "_" * 5, "x" * 200])
def test_any_stacks_name_gives_a_valid_and_different_name(stack: str) -> None:
    name = adoption_name(stack)
    assert len(name) < 80
    assert name.replace("-", "").isalnum()
    assert name == name.lower()
    assert name != adoption_name(f"{stack}.")


def test_an_owner_goes_with_its_last_object() -> None:
    record = Record(
        (OwnerRecord(ARGO_CD, {}), OwnerRecord(FLUX, {})),
        (item("a"), item("b", "shop"), item("c", "db", FLUX)),
    )
    stored = Stored(record, ("r",))
    chosen, rest = split(stored, ("web",), "x", "undo")
    assert ([o.key.name for o in chosen.objects], chosen.owners) == (["a"], ())
    assert len(rest.owners) == 2
    chosen, rest = split(stored, ("db",), "x", "undo")
    assert [o.owner for o in chosen.owners] == [FLUX]
    assert split(stored, (), "x", "undo") == (record, Record())
    with pytest.raises(
        NotFoundError, match="no take-over of other to undo: it was confirmed, or never begun"
    ):
        split(stored, ("other",), "x", "undo")
    with pytest.raises(NotFoundError, match="never begun"):
        split(Stored(), (), "x", "confirm")
