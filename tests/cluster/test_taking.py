from __future__ import annotations

from typing import Any

import pytest

from gitops.cluster.client import Client
from gitops.cluster.connect import Connection
from gitops.cluster.discovery import Resource
from gitops.cluster.errors import ApiError
from gitops.cluster.taking import take_all_fields
from gitops.model.errors import ConflictError
from tests import given
from tests.cluster.api_server import ApiServer, Asked, Reply, serving, status
from tests.waiting import result_of


class Discovery:
    def find(self, _: str, __: str) -> Resource:
        return Resource("", "v1", "ConfigMap", "configmaps", namespaced=True)


def entry(manager: str, field: str, **more: str) -> dict[str, Any]:
    told = {"manager": manager, "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1", **more}
    return {**told, "fieldsV1": {"f:data": {field: {}}}}


KUBECTL = (entry("kubectl", "f:a"),)


def taken(*replies: Reply, entries: Any = KUBECTL, there: bool = True) -> ApiServer:
    """What the API server was asked; `replies` are its answers to patches, the last one again and again."""
    left = list(replies) or [Reply({})]
    live = given.manifest("ConfigMap").body
    live = {**live, "metadata": {**live["metadata"], "resourceVersion": "7", "managedFields": list(entries)}}

    def answer(asked: Asked) -> Reply:
        if asked.method == "PATCH":
            return left.pop(0) if len(left) > 1 else left[0]
        return Reply(live) if there else status(404, "NotFound")

    with serving(answer) as server:
        connection = Connection(Client(server.access), Discovery())  # type: ignore[arg-type]
        result_of(take_all_fields(connection, given.manifest("ConfigMap")))
        return server


def test_the_fields_of_everybody_become_ours_over_the_version_that_was_read() -> None:
    scale = entry("scaler", "f:c", subresource="scale")
    server = taken(entries=(entry("kubectl", "f:a"), entry("tuner", "f:b"), scale))
    [patch] = [asked for asked in server.asked if asked.method == "PATCH"]
    same, change = patch.body
    assert same == {"op": "test", "path": "/metadata/resourceVersion", "value": "7"}
    assert change["path"] == "/metadata/managedFields"
    ours, rest = change["value"]
    assert (ours["manager"], ours["operation"]) == ("gitops", "Apply")
    assert ours["fieldsV1"] == {"f:data": {"f:a": {}, "f:b": {}}}
    assert rest == scale


@pytest.mark.parametrize("more", [{"there": False}, {"entries": ()}, {"entries": (entry("gitops", "f:a"),)}])
def test_what_is_not_there_or_ours_alone_is_left_as_it_is(more: Any) -> None:
    assert {asked.method for asked in taken(**more).asked} == {"GET"}


def test_a_write_in_between_is_tried_again_and_not_for_ever() -> None:
    conflict = status(409, "Conflict")
    assert len(taken(conflict, Reply({})).asked) == 4
    with pytest.raises(ConflictError, match="ConfigMap web/x is written by somebody else all the time"):
        taken(conflict)


def test_a_refusal_is_told() -> None:
    with pytest.raises(ApiError):
        taken(status(403, "Forbidden"))
