from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from components.objects import VERSIONS, object_request, property_path, provider_hints, type_token
from gitops.model.plan import PlannedObject
from gitops.model.sync import SyncOptions
from gitops.waves.readiness import readiness
from tests import given
from tests.program.engine import Request, inputs

if TYPE_CHECKING:
    from gitops.model.manifest import Manifest

# Written down so that a change of a token is seen: it would make every resource another one.
TOKENS = {
    ("v1", "ConfigMap"): "kubernetes:core/v1:ConfigMap",
    ("v1", "Namespace"): "kubernetes:core/v1:Namespace",
    ("apps/v1", "Deployment"): "kubernetes:apps/v1:Deployment",
    ("batch/v1", "CronJob"): "kubernetes:batch/v1:CronJob",
    ("networking.k8s.io/v1", "Ingress"): "kubernetes:networking.k8s.io/v1:Ingress",
    ("rbac.authorization.k8s.io/v1", "ClusterRole"): "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole",
    (
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
    ): "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition",
    ("monitoring.coreos.com/v1", "ServiceMonitor"): "kubernetes:monitoring.coreos.com/v1:ServiceMonitor",
}
SIGNATURE, SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"


def planned(manifest: Manifest, timeout: float = 300.0) -> PlannedObject:
    ready = readiness(manifest, given.application(health_timeout=timeout))
    return PlannedObject(manifest, 20, ready, ())


def request(manifest: Manifest, timeout: float = 300.0, *, prune: bool = True) -> Request:
    step = planned(manifest, timeout)
    return object_request(step, "parent", "provider", ["first"], deleted_with="", prune=prune)


@pytest.mark.parametrize(("what", "token"), TOKENS.items())
def test_type_tokens_are_frozen(what: tuple[str, str], token: str) -> None:
    assert type_token(*what) == token


@pytest.mark.parametrize(
    ("manifest", "name"),
    [
        (given.manifest("ConfigMap"), "ConfigMap:web/x"),
        (given.manifest("Namespace", namespace=""), "Namespace:x"),
        (given.manifest("Deployment", api="apps/v1"), "apps/Deployment:web/x"),
        (given.manifest("CronJob", api="batch/v1beta1"), "batch/CronJob:web/x"),
        (
            given.manifest("ClusterRole", "system:x", api="rbac.authorization.k8s.io/v1", namespace=""),
            "rbac.authorization.k8s.io/ClusterRole:system:x",
        ),
    ],
)
def test_resource_names_are_frozen(manifest: Manifest, name: str) -> None:
    assert request(manifest).name == name


@pytest.mark.parametrize(("one", "other"), [("batch/v1beta1", "batch/v1"), ("x.io/v1alpha1", "x.io/v2")])
def test_an_object_is_known_by_its_other_versions(one: str, other: str) -> None:
    aliases = {alias.spec.type for alias in request(given.manifest("Foo", api=other)).aliases}
    assert type_token(one, "Foo") in aliases
    assert type_token(other, "Foo") not in aliases
    assert len(aliases) == len(VERSIONS) - 1


def test_a_core_object_has_no_other_version() -> None:
    assert not request(given.manifest("ConfigMap")).aliases


HINTS = {"pulumi.com/patchFieldManager": "gitops", "pulumi.com/deletionPropagationPolicy": "background"}


@pytest.mark.parametrize(
    ("manifest", "hints"),
    [
        (given.manifest("ConfigMap"), {"pulumi.com/skipAwait": "true"}),
        (given.manifest("Deployment", api="apps/v1"), {}),
        (given.manifest("Namespace", namespace=""), {}),
        (
            given.manifest("Ingress", api="networking.k8s.io/v1"),
            {"pulumi.com/waitFor": "jsonpath={.status.loadBalancer.ingress}"},
        ),
        (
            given.manifest("CustomResourceDefinition", api="apiextensions.k8s.io/v1", namespace=""),
            {"pulumi.com/waitFor": "condition=Established"},
        ),
    ],
)
def test_the_provider_is_told_what_to_wait_for(manifest: Manifest, hints: dict[str, str]) -> None:
    assert provider_hints(planned(manifest)) == {**HINTS, **hints}


def test_hints_are_added_to_the_object_s_own_annotations() -> None:
    annotations = inputs(request(given.manifest("ConfigMap", annotations={"a": "b"})))["metadata"][
        "annotations"
    ]
    assert annotations == {"a": "b", **HINTS, "pulumi.com/skipAwait": "true"}


@pytest.mark.parametrize("field", ["data", "stringData"])
def test_a_secret_s_values_are_secret(field: str) -> None:
    values: dict[str, Any] = {field: {"word": "aHVzaA=="}}
    stated = inputs(request(given.manifest("Secret", type="Opaque", **values)))
    assert stated[field] == {SIGNATURE: SECRET, "value": {"word": "aHVzaA=="}}
    assert stated["type"] == "Opaque"


def test_a_config_map_s_values_are_not() -> None:
    assert inputs(request(given.manifest("ConfigMap", data={"a": "b"})))["data"] == {"a": "b"}


def test_the_object_in_the_plan_stays_as_it_is() -> None:
    manifest = given.manifest("Secret", data={"a": "b"})
    before = repr(manifest)
    request(manifest)
    assert repr(manifest) == before


@pytest.mark.parametrize(
    "body",
    [
        {"text": "é\n", "number": 5, "part": 0.5, "yes": True, "nothing": {}, "none": [], "gap": None},
        {"list": [1, [2, [3]], {"a": [{"b": "c"}]}, None, "", False]},
        {"big": 2**53, "negative": -1},
    ],
)
def test_every_value_arrives_as_it_is_stated(body: dict[str, Any]) -> None:
    assert inputs(request(given.manifest("Foo", api="x.io/v1", spec=body)))["spec"] == body


@pytest.mark.parametrize(("seconds", "text"), [(300.0, "300s"), (90.0, "90s"), (0.5, "1s"), (1.001, "2s")])
def test_the_timeout_is_told_in_whole_seconds(seconds: float, text: str) -> None:
    timeouts = request(given.manifest("Deployment", api="apps/v1"), seconds).customTimeouts
    assert (timeouts.create, timeouts.update) == (text, text)


def test_references_are_what_the_caller_gives() -> None:
    told = request(given.manifest("ConfigMap"))
    assert (told.parent, told.provider, list(told.dependencies), told.custom) == (
        "parent", "provider", ["first"], True,
    )  # fmt: skip


def test_what_an_object_waits_for_is_no_source_of_its_values() -> None:
    dependencies = request(given.manifest("ConfigMap")).propertyDependencies
    assert dependencies
    assert not any(list(one.urns) for one in dependencies.values())


def test_equal_objects_make_equal_requests() -> None:
    manifest = given.manifest("Foo", api="x.io/v1", spec={"b": 1, "a": 2})
    again = replace(manifest, body={**manifest.body, "spec": {"a": 2, "b": 1}})
    assert request(manifest) == request(again)


def treated(manifest: Manifest, ignored: tuple[str, ...] = (), **options: Any) -> Request:
    step = replace(planned(manifest), options=SyncOptions(**options), ignored=ignored)
    return object_request(step, "parent", "provider", [], deleted_with="", prune=True)


@pytest.mark.parametrize(
    ("options", "stays"),
    [({}, False), ({"prune": "false"}, True), ({"prune": "confirm"}, True), ({"delete": "false"}, True)],
)
def test_what_is_not_deleted_unasked_is_kept_by_the_engine(options: dict[str, Any], stays: bool) -> None:
    assert treated(given.manifest("ConfigMap"), **options).retainOnDelete is stays


def test_an_object_that_is_forced_and_replaced_is_made_anew_when_its_content_changes() -> None:
    manifest = given.manifest("Deployment", api="apps/v1", spec={"replicas": 1})
    told = treated(manifest, force=True, replace=True)
    assert list(told.replaceOnChanges) == ["spec"]
    assert told.deleteBeforeReplace
    assert told.deleteBeforeReplaceDefined
    assert not treated(manifest, force=True).replaceOnChanges
    assert not treated(manifest, replace=True).replaceOnChanges


def test_the_way_of_deletion_is_told_to_the_provider() -> None:
    told = inputs(treated(given.manifest("ConfigMap"), propagation="orphan"))["metadata"]["annotations"]
    assert told["pulumi.com/deletionPropagationPolicy"] == "orphan"


@pytest.mark.parametrize(
    ("pointer", "path"),
    [
        ("/spec/replicas", '["spec"]["replicas"]'),
        ("/spec/containers/0/image", '["spec"]["containers"][0]["image"]'),
        ("/metadata/annotations/a.b~1c~0d", '["metadata"]["annotations"]["a.b/c~d"]'),
        ('/data/a"b', '["data"]["a\\"b"]'),
    ],
)
def test_what_a_sync_leaves_alone_is_named_in_the_engine_s_way(pointer: str, path: str) -> None:
    assert property_path(pointer) == path
    assert list(treated(given.manifest("ConfigMap"), (pointer,)).ignoreChanges) == [path]


def test_what_stays_until_nobody_uses_it_is_forgotten_and_not_deleted() -> None:
    version = given.manifest("ConfigMap", annotations={"gitops.internal/prune": "unused"})
    assert request(version).retainOnDelete is True
