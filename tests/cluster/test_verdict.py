"""An aborted Rollout tells which metric, which value, which query and which step."""

from __future__ import annotations

from typing import Any

from gitops.cluster.client import Client
from gitops.cluster.verdict import measured, verdict
from tests.cluster.api_server import Asked, Reply, serving, status
from tests.cluster.health.test_rollouts import STEPS, rollout

UID = "1-2-3"
SUCCESS, QUERY = "result[0] >= 0.95", "sum(rate(good[1m]))\n  / sum(rate(all[1m]))"


def aborted() -> dict[str, Any]:
    live = rollout({"phase": "Degraded", "message": "RolloutAborted: so it is", "currentPodHash": "abc"})
    live["metadata"]["uid"] = UID
    return live


def run(name: str, phase: str, *results: dict[str, Any], of: str = UID, at: str = "1") -> dict[str, Any]:
    metrics = [{"name": "rate", "successCondition": SUCCESS, "provider": {"prometheus": {"query": QUERY}}}]
    labels = {"rollouts-pod-template-hash": "abc", "rollout-type": "Step", "step-index": "1"}
    metadata = {"name": name, "labels": labels, "creationTimestamp": at, "ownerReferences": [{"uid": of}]}
    status = {"phase": phase, "metricResults": list(results)}
    return {"metadata": metadata, "spec": {"metrics": metrics}, "status": status}


def bad(phase: str = "Failed", **more: Any) -> dict[str, Any]:
    samples = [{"phase": "Successful", "value": "[1]"}, {"phase": phase, "value": "[0.4]"}]
    return {"name": "rate", "phase": phase, "measurements": samples, **more}


def asked_for(*runs: dict[str, Any], live: Any = None, refused: bool = False) -> tuple[str, list[str]]:
    def answer(_: Asked) -> Reply:
        return (
            status(403, "Forbidden") if refused else Reply({"kind": "AnalysisRunList", "items": list(runs)})
        )

    with serving(answer) as server:
        told = verdict(Client(server.access), live or aborted())
        return told, [asked.path for asked in server.asked]


def test_the_newest_analysis_that_failed_is_told_with_all_that_decided_it() -> None:
    others = run("old", "Failed", bad(), at="0"), run("others", "Failed", bad(), of="x", at="2")
    told, paths = asked_for(*others, run("new", "Failed", bad()), run("good", "Successful", at="3"))

    assert told == (
        "metric rate failed at step 2 of 4: measured [0.4], wanted result[0] >= 0.95;"
        " query sum(rate(good[1m])) / sum(rate(all[1m])); RolloutAborted: so it is"
    )
    assert [path.partition("?")[0] for path in paths] == [
        "/apis/argoproj.io/v1alpha1/namespaces/web/analysisruns"
    ]
    assert len(STEPS) == 4


def test_a_query_that_could_not_be_asked_is_told_with_the_reason_and_as_it_was_asked() -> None:
    result = {
        "name": "rate",
        "phase": "Error",
        "metadata": {"ResolvedPrometheusQuery": "up"},
        "measurements": [{"phase": "Error", "message": "connection refused"}],
    }
    told, _ = asked_for(run("new", "Error", result, bad(dryRun=True)))
    assert told.startswith(
        "metric rate error at step 2 of 4: measured connection refused, wanted result[0] >= 0.95; query up"
    )


def test_without_leave_to_read_analyses_the_rollout_s_own_words_remain() -> None:
    told, paths = asked_for(refused=True)
    assert (told, len(paths)) == ("RolloutAborted: so it is", 1)


def test_nothing_is_asked_about_what_is_well_or_no_rollout() -> None:
    assert asked_for(live=rollout({"phase": "Healthy"})) == ("", [])
    assert asked_for(live={"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}}) == ("", [])


def test_a_rollout_without_pods_of_its_own_has_measured_nothing() -> None:
    with serving(lambda _: status(404, "NotFound")) as server:
        assert measured(Client(server.access), rollout({"phase": "Degraded"})) == ()
