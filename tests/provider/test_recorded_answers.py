"""Check and Diff against the recordings: pure functions, so the recorded states are all they need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.provider import checking, comparing, settings
from sandbox.provider.cluster import Cluster
from sandbox.provider.failures import OperationError
from sandbox.provider.values import decode, encode, without_nulls
from tests.provider.replay import Scenario, from_wire, masked, scenarios

if TYPE_CHECKING:
    from collections.abc import Iterator

# step of a scenario → why the answer is another one on purpose
INTENDED = {
    (
        "bad-unknown-field",
        0,
    ): "a field that the API does not have is an error of the apply, not silently dropped",
    ("ignore-changes", 4): "the recording shows the request of the step after it",
}


def _steps(method: str) -> Iterator[tuple[Scenario, int, dict[str, Any]]]:
    for scenario in scenarios():
        for index, step in enumerate(scenario.steps):
            if step.get("method") == method and isinstance(step["request"], dict):
                yield scenario, index, step


def _cluster(scenario: Scenario) -> Cluster:
    return Cluster(settings.read({**scenario.config, "kubeconfig": "{}"}, {}), print)


def _name(value: Any) -> str | None:
    return value.name if isinstance(value, Scenario) else str(value) if isinstance(value, int) else ""


def _state_before(scenario: Scenario, index: int, inputs: Any) -> Any:
    """The properties of the last real answer, or of the state that a failed creation would have left."""
    for step in reversed(scenario.steps[:index]):
        if "method" not in step or step["request"].get("preview"):
            continue
        reply = (
            step.get("response") or (step["error"].get("detail") or {}).get("ErrorResourceInitFailed") or {}
        )
        if "properties" in reply:
            return from_wire(reply["properties"])
    return {**inputs, "__inputs": inputs}


@pytest.mark.parametrize(("scenario", "index", "step"), list(_steps("Check")), ids=_name)
def test_check_answers_as_recorded(scenario: Scenario, index: int, step: dict[str, Any]) -> None:
    request = {key: decode(encode(from_wire(value))) for key, value in step["request"].items()}
    call = (_cluster(scenario), scenario.urn, request["olds"], request["news"], b"seed", "")
    if "error" in step:
        with pytest.raises(OperationError, match="→"):
            checking.check(*call)
        return
    same = masked(checking.check(*call)) == masked(from_wire(step["response"]["inputs"]))
    assert same is ((scenario.name, index) not in INTENDED)


@pytest.mark.parametrize(("scenario", "index", "step"), list(_steps("Diff")), ids=_name)
def test_diff_answers_as_recorded(scenario: Scenario, index: int, step: dict[str, Any]) -> None:
    request = step["request"]
    state = decode(encode(_state_before(scenario, index, from_wire(request["old_inputs"]))))
    news = without_nulls(decode(encode(from_wire(request["news"]))))
    found = comparing.difference(_cluster(scenario), state, news, request["ignoreChanges"])
    answer = {change.path: (change.kind, change.replaces) for change in found.changes}

    recorded = step["response"].get("detailedDiff", {})
    kinds = {path: diff.get("kind", "ADD") for path, diff in recorded.items()}
    expected = {
        path: (kind.removesuffix("_REPLACE"), kind.endswith("_REPLACE")) for path, kind in kinds.items()
    }
    same = (
        answer == expected
        and sorted(found.replaces) == sorted(step["response"].get("replaces", []))
        and found.delete_first is step["response"].get("deleteBeforeReplace", False)
    )
    assert same is ((scenario.name, index) not in INTENDED)
