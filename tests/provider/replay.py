"""Replays a recorded conversation with the provider and says where the answers differ."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc

from sandbox.provider.protos import provider_pb2, provider_pb2_grpc, status_pb2
from sandbox.provider.values import Secret, decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

VECTORS = Path(__file__).with_name("vectors")
_SIGNATURE, _SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"
_WAIT = 60.0
_OPTIONS = [
    ("grpc.max_metadata_size", 16 * 1024 * 1024),
    ("grpc.absolute_max_metadata_size", 16 * 1024 * 1024),
]
_MASKS = {
    "uid": "<uid>",
    "controller-uid": "<uid>",
    "batch.kubernetes.io/controller-uid": "<uid>",
    "resourceVersion": "<n>",
    "creationTimestamp": "<time>",
    "clusterIP": "<clusterIP>",
}
# what depends on the moment or on controllers, not on the provider
_VOLATILE = frozenset(
    (
        "status generation deployment.kubernetes.io/revision nodeName volumeName "
        "pv.kubernetes.io/bind-completed "
        "pv.kubernetes.io/bound-by-controller volume.beta.kubernetes.io/storage-provisioner "
        "volume.kubernetes.io/storage-provisioner topology.kubernetes.io/region topology.kubernetes.io/zone"
    ).split()
)
_RANDOM = re.compile(r"^(bad|kube-api-access)-\w+$")
_OURS = re.compile(r"pulumi-kubernetes(-<random>)?|gitops")


@dataclass(frozen=True)
class Scenario:
    name: str
    config: dict[str, str]
    urn: str
    steps: list[dict[str, Any]]


def scenarios() -> list[Scenario]:
    found = [json.loads(path.read_text()) for path in sorted(VECTORS.glob("*.json"))]
    return [Scenario(v["scenario"], v["provider_config"], v["urn"], v["steps"]) for v in found]


def from_wire(value: Any) -> Any:
    """Recorded JSON as property values."""
    if isinstance(value, dict):
        if value.get(_SIGNATURE) == _SECRET:
            return Secret(from_wire(value["value"]))
        return {k: from_wire(v) for k, v in value.items()}
    return [from_wire(v) for v in value] if isinstance(value, list) else value


def masked(value: Any, key: str = "") -> Any:
    """What can be compared between two runs."""
    if isinstance(value, dict):
        kept = {k: masked(v, k) for k, v in value.items() if k not in _VOLATILE and v is not None}
        return {k: v for k, v in kept.items() if v != {} or k not in {"annotations", "labels"}}
    if key == "managedFields":
        names = {(masked(e["manager"], "manager"), e["operation"]) for e in value if not e.get("subresource")}
        return sorted(n for n in names if _OURS.fullmatch(n[0]))
    if key == "clusterIPs":
        return ["<clusterIP>"]
    if isinstance(value, list):
        return [masked(v) for v in value]
    if isinstance(value, Secret):
        return ("secret", masked(value.value))
    if key in _MASKS:
        return _MASKS[key]
    if key in {"manager", "__fieldManager"}:
        return re.sub(r"pulumi-kubernetes-[0-9a-f]{8}$", "pulumi-kubernetes-<random>", value)
    return _RANDOM.sub(r"\1-<random>", value) if isinstance(value, str) else value


def connect(port: int) -> Any:
    return provider_pb2_grpc.ResourceProviderStub(
        grpc.insecure_channel(f"127.0.0.1:{port}", options=_OPTIONS)
    )


class Conversation:
    """One scenario under way; `kubectl` runs what was done from outside and returns what it printed."""

    def __init__(
        self, scenario: Scenario, stub: Any, kubectl: Callable[[list[str], str | None], str]
    ) -> None:
        self._scenario = scenario
        self._stub = stub
        self._kubectl = kubectl
        self._state: dict[str, Any] = {}
        self._inputs: dict[str, Any] = {}

    def differences(self) -> Iterator[str]:
        """Each difference as `<step> <method>: <what>`."""
        for index, step in enumerate(self._scenario.steps):
            if "outside" in step:
                printed = self._kubectl(shlex.split(_quoted(step["outside"]))[1:], step.get("stdin"))
                if "jsonpath" in step["outside"] and printed.strip() != step["printed"].strip():
                    yield f"{index} outside: {printed.strip()!r} instead of {step['printed'].strip()!r}"
                continue
            answer = self._call(step["method"], step["request"])
            for difference in _compare(step, answer):
                yield f"{index} {_title(step)}: {difference}"
            recorded = _recorded(step)
            kept = answer.get("properties", recorded.get("properties"))
            if kept and not step["request"].get("preview"):
                self._state = kept

    def _call(self, method: str, request: dict[str, Any]) -> dict[str, Any]:
        urn = self._scenario.urn
        given = {k: from_wire(v) for k, v in request.items()}
        # a scenario whose creation fails goes on with the state that it would have had
        state = self._state or _imagined(given.get("old_inputs") or given.get("inputs"))
        ignored = request.get("ignoreChanges") or []
        match method:
            case "Check":
                message = provider_pb2.CheckRequest(
                    urn=urn, olds=encode(given["olds"]), news=encode(given["news"]), randomSeed=b"seed"
                )
            case "Diff":
                message = provider_pb2.DiffRequest(
                    urn=urn,
                    id=request["id"],
                    olds=encode(state),
                    news=encode(given["news"]),
                    old_inputs=encode(given["old_inputs"]),
                    ignoreChanges=ignored,
                )
            case "Create":
                message = provider_pb2.CreateRequest(
                    urn=urn,
                    properties=encode(given["properties"]),
                    preview=request["preview"],
                    timeout=request["timeout"],
                )
            case "Update":
                message = provider_pb2.UpdateRequest(
                    urn=urn,
                    id=request["id"],
                    olds=encode(state),
                    news=encode(given["news"]),
                    old_inputs=encode(given["old_inputs"]),
                    preview=request["preview"],
                    timeout=request.get("timeout") or 6,
                    ignoreChanges=ignored,
                )
            case "Read":
                message = provider_pb2.ReadRequest(
                    urn=urn,
                    id=request["id"],
                    properties=encode(state),
                    inputs=encode(given.get("inputs") or {}),
                )
            case "Delete":
                message = provider_pb2.DeleteRequest(urn=urn, id=request["id"], properties=encode(state))
            case _:
                raise AssertionError(f"no such method: {method}")
        try:
            return _answer(method, getattr(self._stub, method)(message, timeout=_WAIT))
        except grpc.RpcError as error:
            return {"error": error.code().name, "message": error.details(), **_detail(error)}


def _title(step: dict[str, Any]) -> str:
    return f"{step['method']}(preview)" if step["request"].get("preview") else str(step["method"])


def _imagined(inputs: dict[str, Any] | None) -> dict[str, Any]:
    return {**inputs, "__inputs": inputs, "__initialApiVersion": inputs["apiVersion"]} if inputs else {}


def _answer(method: str, reply: Any) -> dict[str, Any]:
    match method:
        case "Check":
            return {"inputs": decode(reply.inputs)}
        case "Create":
            return {"id": reply.id, "properties": decode(reply.properties)}
        case "Update":
            return {"properties": decode(reply.properties)}
        case "Read":
            if not reply.id:
                return {"gone": True}
            return {
                "id": reply.id,
                "properties": decode(reply.properties),
                "inputs": decode(reply.inputs),
            }
        case "Diff":
            kinds = provider_pb2.PropertyDiff.Kind.Name
            return {
                "changes": provider_pb2.DiffResponse.DiffChanges.Name(reply.changes),
                "replaces": sorted(reply.replaces),
                "deleteBeforeReplace": reply.deleteBeforeReplace,
                "detailedDiff": {k: (kinds(d.kind), d.inputDiff) for k, d in reply.detailedDiff.items()},
            }
    return {}


def _recorded(step: dict[str, Any]) -> dict[str, Any]:
    error, reply = step.get("error"), step.get("response") or {}
    if error:
        detail = (error.get("detail") or {}).get("ErrorResourceInitFailed")
        kept = (
            {k: from_wire(detail[k]) for k in ("id", "properties", "inputs") if detail.get(k)}
            if detail
            else {}
        )
        return {"error": error["code"], "init": bool(detail), **kept}
    if step["method"] == "Diff":
        return {
            "changes": reply["changes"],
            "replaces": sorted(reply.get("replaces", [])),
            "deleteBeforeReplace": reply.get("deleteBeforeReplace", False),
            "detailedDiff": {
                k: (d.get("kind", "ADD"), d.get("inputDiff", False))
                for k, d in reply.get("detailedDiff", {}).items()
            },
        }
    if step["method"] == "Read" and not reply:
        return {"gone": True}
    recorded = {k: from_wire(v) for k, v in reply.items()}
    return {"id": "", **recorded} if step["method"] == "Create" else recorded


def _detail(error: Any) -> dict[str, Any]:
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            failed = provider_pb2.ErrorResourceInitFailed()
            for detail in status_pb2.Status.FromString(value).details:
                if detail.Unpack(failed):
                    found = {
                        "id": failed.id,
                        "properties": decode(failed.properties),
                        "inputs": decode(failed.inputs),
                    }
                    return {"init": True, **{k: v for k, v in found.items() if v}}
    return {"init": False}


def _compare(step: dict[str, Any], answer: dict[str, Any]) -> Iterator[str]:
    expected, actual = masked(_recorded(step)), masked({k: v for k, v in answer.items() if k != "message"})
    yield from _walk(expected, actual, "")


def _walk(expected: Any, actual: Any, path: str) -> Iterator[str]:
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key in sorted({*expected, *actual}):
            yield from _walk(expected.get(key), actual.get(key), f"{path}.{key}")
    elif expected != actual:
        yield f"{path.removeprefix('.')} is {actual!r}, upstream {expected!r}"


def _quoted(command: str) -> str:
    """The recording joined the arguments with blanks: put JSON and JSONPath back into one argument each."""
    head, flag, rest = next(
        ((h, f, r) for f in (" -p ", " -o ") for h, found, r in [command.partition(f)] if found),
        (command, "", ""),
    )
    return f"{head}{flag}{shlex.quote(rest)}" if flag else command
