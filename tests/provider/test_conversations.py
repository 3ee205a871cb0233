"""The provider as a process, over gRPC, in front of a stand-in for an API server."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from sandbox.provider.protos import empty_pb2, provider_pb2
from sandbox.provider.values import Secret, decode, encode
from tests.cluster.api_server import ApiServer, Asked, Reply, serving, status
from tests.provider.replay import connect

if TYPE_CHECKING:
    from collections.abc import Iterator

URN = "urn:pulumi:prod::gitops::kubernetes:apps/v1:Deployment::Deployment:n/web"
SKIP = {"pulumi.com/skipAwait": "true"}


def deployment(**annotations: str) -> dict[str, Any]:
    metadata = {"name": "web", "namespace": "n", "annotations": annotations}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {"replicas": 1}}


def fleet(asked: Asked, **live: Any) -> Reply:
    """A server that knows one Deployment, never ready, with a pod that can't pull its image."""
    trouble = {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}
    pod = {"metadata": {"name": "web-1"}, "status": {"containerStatuses": [{"state": trouble}]}}
    stored = {**deployment(), "metadata": {**deployment()["metadata"], "uid": "1", "generation": 1}, **live}
    kind = {
        "resource": "deployments",
        "responseKind": {"kind": "Deployment"},
        "scope": "Namespaced",
        "verbs": [],
    }
    path, _, query = asked.path.partition("?")
    match path.rsplit("/", 1)[-1]:
        case "api":
            return Reply({"items": []})
        case "apis":
            versions = [{"version": "v1", "resources": [kind]}]
            return Reply({"items": [{"metadata": {"name": "apps"}, "versions": versions}]})
        case "pods":
            return Reply({"items": [pod]})
        case "deployments" if "watch" in query:
            time.sleep(0.2)
            return Reply(b"")
        case "deployments" if asked.method == "GET":
            return Reply({"metadata": {"resourceVersion": "1"}, "items": [stored]})
    return Reply(stored)


@pytest.fixture(scope="module")
def process() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-m", "sandbox.provider"], stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.send_signal(signal.SIGINT)
        assert process.wait(3) == 0, "the engine's goodbye is obeyed at once"


@pytest.fixture(scope="module")
def stub(process: subprocess.Popen[str]) -> Any:
    assert process.stdout is not None
    return connect(int(process.stdout.readline()))


def configure(stub: Any, server: ApiServer, **arguments: str) -> None:
    kubeconfig = {
        "clusters": [{"name": "c", "cluster": {"server": server.address}}],
        "contexts": [{"name": "x", "context": {"cluster": "c"}}],
        "current-context": "x",
    }
    given = {"kubeconfig": json.dumps(kubeconfig), "upsertExistingObjects": "true", **arguments}
    reply = stub.Configure(
        provider_pb2.ConfigureRequest(variables={f"kubernetes:config:{k}": v for k, v in given.items()})
    )
    assert reply.acceptSecrets
    assert reply.supportsPreview


def create(stub: Any, obj: dict[str, Any], **more: Any) -> Any:
    return stub.Create(provider_pb2.CreateRequest(urn=URN, properties=encode(obj), **more))


def refusal(call: Any, *arguments: Any, **more: Any) -> str:
    with pytest.raises(grpc.RpcError) as raised:
        call(*arguments, **more)
    assert raised.value.code() is grpc.StatusCode.UNKNOWN
    return str(raised.value.details())


def test_a_created_object_carries_its_inputs_manager_and_version(stub: Any) -> None:
    with serving(fleet) as server:
        configure(stub, server)
        reply = create(stub, deployment(**SKIP, **{"pulumi.com/patchFieldManager": "gitops"}))
    properties = decode(reply.properties)
    assert reply.id == "n/web"
    assert properties["__fieldManager"] == "gitops"
    assert properties["__initialApiVersion"] == "apps/v1"
    assert properties["__inputs"]["spec"] == {"replicas": 1}
    assert "fieldManager=gitops" in server.asked[-1].path


def test_what_is_not_ready_in_time_is_told_with_its_cause(stub: Any) -> None:
    with serving(fleet) as server:
        configure(stub, server)
        started = time.monotonic()
        said = refusal(create, stub, deployment(), timeout=0.5)
    assert time.monotonic() - started < 3
    assert said == "Deployment n/web: its controller has not seen the latest change yet after 0 s"


def test_a_permanent_failure_ends_the_wait_at_once(stub: Any) -> None:
    deadline = {"type": "Progressing", "reason": "ProgressDeadlineExceeded", "message": "no progress"}
    stuck = {"observedGeneration": 1, "conditions": [deadline]}
    with serving(lambda asked: fleet(asked, status=stuck)) as server:
        configure(stub, server)
        started = time.monotonic()
        said = refusal(create, stub, deployment(), timeout=60)
    assert time.monotonic() - started < 3
    assert said == "Deployment n/web: ProgressDeadlineExceeded: no progress"


def test_a_cancelled_wait_ends_at_once(stub: Any) -> None:
    with serving(fleet) as server:
        configure(stub, server)
        threading.Timer(0.5, lambda: stub.Cancel(empty_pb2.Empty())).start()
        started = time.monotonic()
        said = refusal(create, stub, deployment(), timeout=60)
    assert time.monotonic() - started < 4
    assert said.endswith("and the run was cancelled")


def test_a_delete_that_hangs_names_the_finalizers(stub: Any) -> None:
    held = {**deployment()["metadata"], "uid": "1", "finalizers": ["example.com/slow"]}
    with serving(lambda asked: fleet(asked, metadata=held)) as server:
        configure(stub, server)
        request = provider_pb2.DeleteRequest(
            urn=URN, id="n/web", properties=encode(deployment()), timeout=0.3
        )
        said = refusal(stub.Delete, request)
    assert "held by the finalizers example.com/slow" in said


def test_a_secret_stays_a_secret_all_the_way(stub: Any) -> None:
    urn = "urn:pulumi:prod::gitops::kubernetes:core/v1:Secret::Secret:n/s"
    given = {"stringData": {"p": Secret("hush")}, "metadata": {"name": "s", "namespace": "n"}}
    checked = stub.Check(provider_pb2.CheckRequest(urn=urn, news=encode(given)))
    inputs = decode(checked.inputs)
    assert (inputs["apiVersion"], inputs["kind"]) == ("v1", "Secret"), "taken from the type"
    assert inputs["data"] == Secret({"p": "aHVzaA=="})


@pytest.mark.parametrize(
    ("obj", "said"),
    [
        ({"metadata": []}, "metadata must be a mapping"),
        ({"metadata": {"name": 5}}, "metadata.name must be a text"),
        ({"metadata": {"name": "../../nodes/x"}}, "can't be part of a path"),
        ({"metadata": {"name": "a", "labels": "x"}}, "metadata.labels must be a mapping"),
        ({"metadata": {"generateName": "x-"}}, "generateName has no meaning"),
        ({"kind": 5}, "apiVersion and kind must be texts"),
        ({"kind": "DeploymentList", "items": []}, "DeploymentList can't be created"),
    ],
)
def test_what_can_be_no_object_is_refused_with_a_next_step(stub: Any, obj: dict[str, Any], said: str) -> None:
    message = refusal(stub.Check, provider_pb2.CheckRequest(urn=URN, news=encode(obj)))
    assert said in message
    assert "→" in message


@pytest.mark.parametrize(
    "obj",
    [
        {},
        {"metadata": {"name": "a"}, "spec": 5},
        {"metadata": {"name": "a"}, "spec": [[[{}]]], "status": None},
    ],
)
def test_an_object_of_a_strange_shape_is_left_to_the_server_to_refuse(stub: Any, obj: dict[str, Any]) -> None:
    with serving(
        lambda asked: status(422, "Invalid", "no") if asked.method == "PATCH" else fleet(asked)
    ) as server:
        configure(stub, server)
        checked = stub.Check(provider_pb2.CheckRequest(urn=URN, news=encode(obj))).inputs
        request = provider_pb2.CreateRequest(urn=URN, properties=checked)
        assert "Invalid: no" in refusal(stub.Create, request)


def test_a_waitfor_that_makes_no_sense_is_refused_before_anything_is_sent(stub: Any) -> None:
    with serving(fleet) as server:
        configure(stub, server)
        said = refusal(create, stub, deployment(**{"pulumi.com/waitFor": "Ready"}))
    assert "waitFor can't be read" in said
    assert server.asked == []


def test_a_dead_cluster_fails_the_call_with_its_address_and_not_the_diff(stub: Any) -> None:
    with serving(fleet) as server:
        configure(stub, server)
    said = refusal(create, stub, deployment(**SKIP))
    assert server.address in said
    state = encode({**deployment(), "__inputs": deployment()})
    news = encode({**deployment(), "spec": {"replicas": 2}})
    reply = stub.Diff(provider_pb2.DiffRequest(urn=URN, id="n/web", olds=state, news=news))
    assert list(reply.detailedDiff) == ["spec.replicas"]


def test_client_side_apply_is_refused_by_the_configuration(stub: Any) -> None:
    request = provider_pb2.CheckRequest(news=encode({"enableServerSideApply": "false"}))
    assert [f.property for f in stub.CheckConfig(request).failures] == ["enableServerSideApply"]


def test_starting_up_does_not_load_the_sdk() -> None:
    code = (
        "import sys, sandbox.provider.service\n"
        "print(sorted(m for m in sys.modules if m.split('.')[0] in {'pulumi', 'pulumi_kubernetes'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = json.loads(done.stdout.replace("'", '"'))
    assert all(
        name in {"pulumi", "pulumi.runtime"} or name.startswith("pulumi.runtime.proto") for name in loaded
    )
