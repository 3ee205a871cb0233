"""Every recorded conversation again, with the sandbox's provider and a real API server."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from gitops.cluster import kubeconfig
from gitops.cluster.client import Client
from gitops.cluster.discovery import Discovery
from sandbox.provider.protos import provider_pb2
from tests.provider.replay import Conversation, Scenario, connect, scenarios

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.live

# scenario → (differences as patterns over "<step> <method>: <what>", the reason)
INTENDED = {
    "await-ingress": (
        [r"1 Create: (error|init)"],
        "the sandbox gives every Ingress an address, as a cluster with an ingress controller does",
    ),
    "await-pvc-pending": (
        [r"1 Create: (error|init|id|properties)"],
        "a claim that is not bound in time is a partial failure with a reason; upstream never ends",
    ),
    "await-service-no-endpoints": (
        [r"1 Create: (error|init)"],
        "a Service without pods is reported; upstream calls it ready when the time limit is short",
    ),
    "bad-unknown-field": (
        [r"0 Check: inputs\.spec\.replicaz"],
        "a field that the API does not have is an error of the apply, not silently dropped",
    ),
    "ignore-changes": (
        [r"4 Diff: changes", r"4 Diff: detailedDiff\.metadata\.labels"],
        "the recording shows the request of the step after it",
    ),
    "pvc": (
        [r"\d+ (Create|Update|Read)\S*: properties\.spec\.storageClassName is 'standard'"],
        "the sandbox has a default storage class",
    ),
}
EXISTING = {
    "exists-no-upsert": ["create", "configmap", "ex", "--from-literal=old=1"],
    "exists-upsert": ["create", "configmap", "ex", "--from-literal=old=1"],
    "refresh-import": ["create", "configmap", "im", "--from-literal=a=1"],
}
OF_THE_PROVIDER_ITSELF = {"plugin-info", "provider-diffconfig"}
DEAD = """{"apiVersion": "v1", "kind": "Config", "current-context": "prod",
  "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}],
  "contexts": [{"name": "prod", "context": {"cluster": "c"}}]}"""
FREE_FORM = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
WIDGET = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "widgets.vec.example"},
    "spec": {
        "group": "vec.example",
        "scope": "Namespaced",
        "names": {"kind": "Widget", "listKind": "WidgetList", "plural": "widgets", "singular": "widget"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "subresources": {"status": {}},
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {"spec": FREE_FORM, "status": FREE_FORM},
                    }
                },
            }
        ],
    },
}


class Cluster:
    """The recordings' cluster: a namespace, a CRD, and kubectl to do things from outside."""

    def __init__(self, sandbox: Any) -> None:
        self._environment = sandbox.environment()
        self._viewer = sandbox.home.cluster("prod").root / "viewer.kubeconfig"
        self._admin = sandbox.kubeconfig
        self.client = Client(kubeconfig.load(str(self._admin), "prod"))

    def kubectl(self, arguments: list[str], stdin: str | None = None) -> str:
        command = ["kubectl", "--kubeconfig", str(self._admin), "--context", "prod", *arguments]
        done = subprocess.run(
            command, input=stdin, capture_output=True, text=True, check=True, env=self._environment
        )
        return done.stdout

    def access(self, scenario: str) -> dict[str, str]:
        """The arguments of a provider that has the access that the scenario is about."""
        if scenario == "forbidden":
            return {"kubeconfig": str(self._viewer)}
        if scenario == "unreachable":
            return {"kubeconfig": DEAD}
        if scenario == "unauthorized":
            text = self._admin.read_text()
            expired = re.sub(r"client-certificate-data:.*\n\s*client-key-data:.*", "token: expired", text)
            assert expired != text
            return {"kubeconfig": expired, "context": "prod"}
        return {"kubeconfig": str(self._admin), "context": "prod"}


@pytest.fixture(scope="module")
def cluster(sandbox: Any) -> Iterator[Cluster]:
    found = Cluster(sandbox)
    crd = Discovery(found.client).find("apiextensions.k8s.io/v1", "CustomResourceDefinition")
    found.client.apply(crd.path(name="widgets.vec.example"), WIDGET, field_manager="test", force=True)
    found.kubectl(["create", "namespace", "vec"])
    # pods need the account that a controller makes
    found.kubectl(["-n", "vec", "wait", "--for=create", "serviceaccount/default", "--timeout=30s"])
    yield found
    found.kubectl(["delete", "namespace", "vec", "--timeout=60s"])
    found.kubectl(["delete", "crd", "widgets.vec.example", "--timeout=60s"])


@pytest.fixture
def provider() -> Iterator[Any]:
    process = subprocess.Popen([sys.executable, "-m", "sandbox.provider"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process:
        yield connect(int(process.stdout.readline()))
        process.terminate()


@pytest.mark.parametrize(
    "scenario", [s for s in scenarios() if s.name not in OF_THE_PROVIDER_ITSELF], ids=lambda s: s.name
)
def test_a_recorded_conversation_goes_as_with_upstream(
    scenario: Scenario, cluster: Cluster, provider: Any
) -> None:
    arguments = {**scenario.config, **cluster.access(scenario.name)}
    provider.Configure(
        provider_pb2.ConfigureRequest(variables={f"kubernetes:config:{k}": v for k, v in arguments.items()})
    )
    if scenario.name in EXISTING:
        cluster.kubectl(["-n", "vec", *EXISTING[scenario.name]])
    try:
        found = list(Conversation(scenario, provider, cluster.kubectl).differences())
    finally:
        if scenario.name in EXISTING:
            name = EXISTING[scenario.name][2]
            cluster.kubectl(["-n", "vec", "delete", "configmap", name, "--ignore-not-found"])
    patterns, _reason = INTENDED.get(scenario.name, ([], ""))
    unexpected = [text for text in found if not any(re.match(pattern, text) for pattern in patterns)]
    assert unexpected == []
    no_longer = [pattern for pattern in patterns if not any(re.match(pattern, text) for text in found)]
    assert no_longer == []
