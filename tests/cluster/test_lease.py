from __future__ import annotations

import os
import socket
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gitops.cluster.client import Client
from gitops.cluster.lease import held
from gitops.model.errors import ConflictError
from tests.cluster.api_server import Asked, Reply, serving

CONFLICT = Reply({"kind": "Status", "reason": "AlreadyExists", "message": "is there", "code": 409}, 409)


class Leases:
    """One Lease, as an API server keeps it."""

    def __init__(self, lease: dict[str, Any] | None = None) -> None:
        self.lease = lease

    def __call__(self, asked: Asked) -> Reply:
        match asked.method:
            case "POST" if self.lease is None:
                self.lease = {**asked.body, "metadata": {**asked.body["metadata"], "uid": "u-new"}}
                return Reply(self.lease, 201)
            case "POST":
                return CONFLICT
            case "DELETE":
                self.lease = None
                return Reply({"kind": "Status"})
            case "PATCH":
                assert self.lease is not None
                self.lease["spec"]["renewTime"] = asked.body["spec"]["renewTime"]
        return Reply(self.lease)


def left(seconds_ago: float, **spec: Any) -> dict[str, Any]:
    renewed = (datetime.now(UTC) - timedelta(seconds=seconds_ago)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    known = {"holderIdentity": "elsewhere/7", "leaseDurationSeconds": 30, "renewTime": renewed}
    return {"metadata": {"name": "x", "uid": "u-old"}, "spec": {**known, **spec}}


def test_a_lease_is_held_while_the_block_runs_and_gone_after_it() -> None:
    leases = Leases()
    with serving(leases) as server:
        with held(Client(server.access), "default", "x"):
            assert leases.lease is not None
            assert "/" in leases.lease["spec"]["holderIdentity"]
        assert leases.lease is None
        assert server.asked[-1].body["preconditions"] == {"uid": "u-new"}


@pytest.mark.parametrize("spec", [{}, {"renewTime": None}, None])
def test_a_second_run_is_refused_and_told_who_is_at_work(spec: dict[str, Any] | None) -> None:
    lease = {"metadata": {"uid": "u"}} if spec is None else left(1, **spec)
    leases = Leases(lease)
    with (
        serving(leases) as server,
        pytest.raises(ConflictError, match=r"holds the lease x"),
        held(Client(server.access), "default", "x"),
    ):
        pass
    assert leases.lease is lease


def test_the_lease_of_a_killed_run_is_free_when_its_time_is_over() -> None:
    leases = Leases(left(31))
    with serving(leases) as server, held(Client(server.access), "default", "x"):
        assert leases.lease is not None
        assert leases.lease["metadata"]["uid"] == "u-new"
        assert next(a.body["preconditions"] for a in server.asked if a.method == "DELETE") == {"uid": "u-old"}


@pytest.mark.parametrize(
    ("holder", "free"),
    [
        ("{here}/4194305", True),  # one more than the highest id of a process
        ("{here}/{own}", False),
        ("elsewhere/4194305", False),
        ("{here}/none", False),
        ("", False),
    ],
)
def test_the_lease_of_a_run_that_was_killed_on_this_machine_is_free_at_once(holder: str, free: bool) -> None:
    identity = holder.format(here=socket.gethostname(), own=os.getpid())
    leases = Leases(left(1, holderIdentity=identity))
    with (
        serving(leases) as server,
        nullcontext() if free else pytest.raises(ConflictError),
        held(Client(server.access), "default", "x"),
    ):
        assert leases.lease is not None
        assert leases.lease["metadata"]["uid"] == "u-new"


def test_a_long_run_renews_its_lease() -> None:
    leases = Leases()
    with serving(leases) as server, held(Client(server.access), "default", "x", seconds=1):
        assert leases.lease is not None
        first = leases.lease["spec"]["renewTime"]
        deadline = datetime.now(UTC) + timedelta(seconds=5)
        while leases.lease["spec"]["renewTime"] == first:
            assert datetime.now(UTC) < deadline, "the lease was not renewed"
