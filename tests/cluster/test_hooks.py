from __future__ import annotations

from typing import Any

import pytest

from gitops.cluster.client import Client
from gitops.cluster.connect import Connection
from gitops.cluster.discovery import Resource
from gitops.cluster.hooks import HookFailedError, delete_made, run_hook
from gitops.model.errors import TimedOutError
from gitops.model.keys import APPLICATION_LABEL, HOOK_ANNOTATION, OBJECT_ANNOTATION, STACK_LABEL
from gitops.model.phase import DeletePolicy
from tests.cluster.api_server import ApiServer, Asked, Reply, serving, status
from tests.waiting import result_of

BEFORE, _, FAILED = DeletePolicy
JOBS = "/apis/batch/v1/namespaces/n/jobs"


def condition(kind: str) -> dict[str, Any]:
    return {"status": {"conditions": [{"type": kind, "status": "True", "message": "backoff limit"}]}}


COMPLETE, BROKEN = condition("Complete"), condition("Failed")
WAITING = {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}
STUCK = {
    "metadata": {"name": "migrate-abc"},
    "status": {"containerStatuses": [{"name": "main", "state": WAITING}]},
}


def job(name: str = "migrate") -> dict[str, Any]:
    metadata = {
        "name": name,
        "namespace": "n",
        "labels": {STACK_LABEL: "s", APPLICATION_LABEL: "a"},
        "annotations": {HOOK_ANNOTATION: "batch/Job:n/migrate"},
    }
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata}


class Cluster:
    """An API server with one Job, whose status follows `states`, one step each time it is read."""

    def __init__(self, *states: dict[str, Any], exists: bool = False, pods: Any = ()) -> None:
        self.states, self.exists, self.pods = list(states), exists, list(pods)
        self.stays = False

    def __call__(self, asked: Asked) -> Reply:
        path, _, _ = asked.path.partition("?")
        match asked.method:
            case "PATCH":
                self.exists = True
                return Reply(asked.body)
            case "DELETE":
                existed, self.exists = self.exists, self.stays
                return Reply(asked.body) if existed else status(404, "NotFound")
            case _ if path.endswith("/pods"):
                return Reply({"kind": "PodList", "apiVersion": "v1", "items": self.pods})
            case _ if path == JOBS:
                others = job("others")
                others["metadata"]["annotations"] = {}
                copied = job("copied")
                copied["metadata"]["annotations"][OBJECT_ANNOTATION] = "batch/Job:n/migrate"
                items = [job("migrate-1"), others, copied]
                return Reply({"kind": "JobList", "apiVersion": "batch/v1", "items": items})
            case _:
                if not self.exists:
                    return status(404, "NotFound")
                return Reply({**job(), **(self.states.pop(0) if self.states else {})})


class Discovery:
    def find(self, _: str, __: str) -> Resource:
        return Resource("batch", "v1", "Job", "jobs", namespaced=True)


def running(cluster: Cluster, *policies: DeletePolicy, patience: float = 5.0) -> ApiServer:
    with serving(cluster) as server:
        connection = Connection(Client(server.access), Discovery())  # type: ignore[arg-type]
        result_of(run_hook(connection, job(), policies, patience))
        return server


def test_a_job_is_made_and_waited_for() -> None:
    cluster = Cluster({}, COMPLETE)
    server = running(cluster)
    assert [asked.method for asked in server.asked] == ["PATCH", "GET", "GET"]
    assert "fieldManager=gitops" in server.asked[0].path


def test_what_an_earlier_run_left_is_deleted_first() -> None:
    cluster = Cluster(COMPLETE, exists=True)
    assert [asked.method for asked in running(cluster, BEFORE).asked] == ["DELETE", "GET", "PATCH", "GET"]


def test_what_an_earlier_run_left_and_never_goes_is_told() -> None:
    cluster = Cluster(exists=True)
    cluster.stays = True
    with pytest.raises(TimedOutError, match="Job n/migrate of an earlier run is still being deleted"):
        running(cluster, BEFORE, patience=0.1)


def test_a_job_that_fails_is_told_with_the_reason_and_stays() -> None:
    cluster = Cluster(BROKEN)
    with pytest.raises(HookFailedError, match="Job n/migrate failed: backoff limit"):
        running(cluster, BEFORE)
    assert cluster.exists


def test_a_job_that_fails_goes_when_its_policy_says_so() -> None:
    cluster = Cluster(BROKEN)
    with pytest.raises(HookFailedError):
        running(cluster, FAILED)
    assert not cluster.exists


def test_a_job_that_does_not_end_is_told_with_what_its_pod_waits_for() -> None:
    with pytest.raises(
        TimedOutError,
        match=r"not ended after 0.1 s: pod migrate-abc: container main: ImagePullBackOff no such image",
    ):
        running(Cluster(pods=[STUCK]), patience=0.1)


def test_a_job_that_somebody_deletes_is_a_failure() -> None:
    cluster = Cluster({})

    def answer(asked: Asked) -> Reply:
        reply = cluster(asked)
        if asked.method == "GET":
            cluster.exists = False
        return reply

    with serving(answer) as server:
        connection = Connection(Client(server.access), Discovery())  # type: ignore[arg-type]
        with pytest.raises(HookFailedError, match="was deleted before it was seen to end"):
            result_of(run_hook(connection, job(), (), 5.0))


def test_only_what_the_hook_made_is_deleted() -> None:
    cluster = Cluster(exists=True)
    with serving(cluster) as server:
        connection = Connection(Client(server.access), Discovery())  # type: ignore[arg-type]
        result_of(delete_made(connection, job()))
    assert [asked.path.partition("?")[0] for asked in server.asked if asked.method == "DELETE"] == [
        f"{JOBS}/migrate-1"
    ]
    assert (
        "labelSelector=gitops.internal%2Fstack%3Ds%2Cgitops.internal%2Fapplication%3Da"
        in server.asked[0].path
    )
