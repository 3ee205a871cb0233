"""An engine for tests: it remembers every registration and answers it as the real one would."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.protobuf import json_format
from pulumi.runtime import mocks
from pulumi.runtime.proto import resource_pb2

from components.platform import Platform, PlatformArgs
from components.provider import cluster_provider
from gitops.model.errors import Problems
from gitops.waves.plan import make_plan
from tests import given

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitops.model.application import Application
    from gitops.model.manifest import Manifest
    from gitops.model.plan import Plan

Request = resource_pb2.RegisterResourceRequest


class Recorder(mocks.MockMonitor):
    """The engine's side of the protocol; resources whose name is in `failing` are refused."""

    def __init__(self, failing: frozenset[str] = frozenset()) -> None:
        self.mocks = _NoMocks()
        super().__init__(self.mocks)
        self.requests: list[Request] = []
        self.failing = failing

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        chain = f"{parent.split('::')[2]}$" if parent and "pulumi:pulumi:Stack" not in parent else ""
        return f"urn:pulumi:test::gitops::{chain}{type_}::{name}"

    def RegisterResource(self, request: Request) -> resource_pb2.RegisterResourceResponse:  # noqa: N802 - the protocol's
        if request.name in self.failing:
            return resource_pb2.RegisterResourceResponse(urn="", result=resource_pb2.Result.FAIL)
        self.requests.append(request)
        return resource_pb2.RegisterResourceResponse(
            urn=self.make_urn(request.parent, request.type, request.name),
            id="id" if request.custom else "",
            object=request.object,
        )

    def named(self, name: str, type_: str = "") -> Request:
        """The one registration of a name, and of a type where a name is not enough."""
        [found] = [r for r in self.requests if r.name == name and type_ in r.type]
        return found

    def urn(self, name: str, type_: str = "") -> str:
        """The URN that a resource of that name was given."""
        request = self.named(name, type_)
        return self.make_urn(request.parent, request.type, request.name)


class _NoMocks(mocks.Mocks):
    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], None]:
        raise AssertionError(args.token)

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        raise AssertionError(args.name)


def inputs(request: Request) -> Any:
    """What a registration states, as plain values."""
    return json_format.MessageToDict(request.object)


def plan_of(applications: Sequence[Application], *manifests: Manifest) -> Plan:
    """The plan of these applications and objects."""
    return make_plan("test", given.SHA, applications, manifests, Problems())


def run(plan: Plan, recorder: Recorder | None = None) -> tuple[Recorder, dict[str, Any]]:
    """Run the platform of a plan to its end; gives all registrations and the outputs."""
    recorder = recorder or Recorder()
    outputs: dict[str, Any] = {}
    mocks.set_mocks(_NoMocks(), project="gitops", stack="test", monitor=recorder)

    @mocks.test  # type: ignore[untyped-decorator]
    def program() -> Any:
        platform = Platform("platform", PlatformArgs(plan, cluster_provider(given.settings())))
        return platform.outputs.apply(outputs.update)

    program()
    return recorder, outputs
