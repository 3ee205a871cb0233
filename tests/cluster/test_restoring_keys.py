"""Keys given back to a cluster that has nothing any more, or some of them still."""

from typing import Any

import pytest

from gitops.cluster.errors import ApiError
from gitops.cluster.sealing import restore_keys

SECRETS = [{"metadata": {"name": name, "namespace": "sealing"}} for name in ("old", "new")]


class Cluster:
    """Knows what exists by path and name; `denied` are paths that it refuses."""

    def __init__(self, *there: str, denied: str = "") -> None:
        self.there, self.denied = set(there), denied

    def create(self, path: str, body: dict[str, Any]) -> None:
        full = f"{path}/{body['metadata']['name']}"
        if path == self.denied:
            raise ApiError(403, "Forbidden", "no", {}, path)
        if full in self.there:
            raise ApiError(409, "AlreadyExists", "it is there", {}, path)
        namespace = path.removesuffix("/secrets")
        if path.endswith("/secrets") and namespace not in self.there:
            raise ApiError(404, "NotFound", "no such namespace", {}, path)
        self.there.add(full)


def test_the_namespace_is_made_and_what_is_there_is_left_alone() -> None:
    empty = Cluster()
    assert list(restore_keys(empty, "sealing", SECRETS)) == [("old", True), ("new", True)]  # type: ignore[arg-type]
    partly = Cluster("/api/v1/namespaces/sealing", "/api/v1/namespaces/sealing/secrets/old")
    assert list(restore_keys(partly, "sealing", SECRETS)) == [("old", False), ("new", True)]  # type: ignore[arg-type]
    assert list(restore_keys(partly, "sealing", SECRETS)) == [("old", False), ("new", False)]  # type: ignore[arg-type]


def test_who_may_make_no_namespaces_needs_none_where_it_is() -> None:
    there = Cluster("/api/v1/namespaces/sealing", denied="/api/v1/namespaces")
    assert list(restore_keys(there, "sealing", SECRETS)) == [("old", True), ("new", True)]  # type: ignore[arg-type]


def test_a_refusal_is_told() -> None:
    with pytest.raises(ApiError, match="Forbidden"):
        list(restore_keys(Cluster(denied="/api/v1/namespaces"), "sealing", SECRETS))  # type: ignore[arg-type]
