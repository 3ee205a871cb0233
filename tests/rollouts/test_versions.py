"""ConfigMaps and Secrets of each version: what they are called, who reads them and how long they stay."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from gitops.manifests.versions import versioned
from gitops.model.keys import OBJECT_ANNOTATION, PRUNE_ANNOTATION, ObjectKey
from gitops.model.rollout.canary import Canary
from gitops.model.rollout.section import RolloutSection
from gitops.rollouts.versions import references, still_used
from tests import given
from tests.rollouts.built import DEPLOYMENT, built

if TYPE_CHECKING:
    from gitops.model.manifest import Manifest

SECTION = "rollout: {canary: {}}"
POD = yaml.safe_load("""
containers:
  - name: web
    env:
      - {name: A, valueFrom: {configMapKeyRef: {name: in-env, key: a}}}
      - {name: B, valueFrom: {secretKeyRef: {name: in-env, key: a}}}
      - {name: C, value: plain}
    envFrom:
      - {configMapRef: {name: all-env}}
      - {secretRef: {name: all-env}}
initContainers:
  - {name: first, envFrom: [{configMapRef: {name: of-init}}]}
volumes:
  - {name: a, configMap: {name: in-volume, items: [{key: a, path: a}]}}
  - {name: b, secret: {secretName: in-volume}}
  - name: c
    projected:
      sources: [{configMap: {name: among}}, {secret: {name: among}}, {serviceAccountToken: {path: token}}]
  - {name: d, emptyDir: {}}
""")
NAMES = {
    *(("ConfigMap", name) for name in ("in-env", "all-env", "of-init", "in-volume", "among")),
    *(("Secret", name) for name in ("in-env", "all-env", "in-volume", "among")),
}


def config_map(value: str, name: str = "settings") -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{a: '{value}'}}\n---\n"


def deployment(*names: str) -> str:
    body = yaml.safe_load(DEPLOYMENT.removesuffix("---\n"))
    body["spec"]["template"]["spec"]["volumes"] = [{"name": n, "configMap": {"name": n}} for n in names]
    return yaml.safe_dump(body) + "---\n"


def application(**section: Any) -> Any:
    return given.application("shop", rollout=RolloutSection(canary=Canary(), **section))


def with_versions(
    objects: str, section: str = SECTION, sealed: Any = None, **stated: Any
) -> dict[ObjectKey, Manifest]:
    found, problems = built(objects, section)
    assert problems == []
    return {m.key: m for m in versioned([application(**stated)], found, sealed or {})}


def names(found: dict[ObjectKey, Manifest], kind: str) -> list[str]:
    return sorted(key.name for key in found if key.kind == kind)


def volumes(found: dict[ObjectKey, Manifest], kind: str = "Rollout") -> list[str]:
    (body,) = (m.body for key, m in found.items() if key.kind == kind)
    return [item["configMap"]["name"] for item in body["spec"]["template"]["spec"]["volumes"]]


def test_every_way_to_name_one_is_known() -> None:
    template = {"spec": POD}
    assert {(key.kind, key.name) for key in references(template, "n")} == NAMES
    assert {key.namespace for key in references(template, "n")} == {"n"}


def test_what_any_replica_set_names_is_still_used() -> None:
    sets = [
        {"metadata": {"namespace": "n"}, "spec": {"replicas": 0, "template": {"spec": POD}}},
        {"metadata": {"namespace": "m"}, "spec": {"template": None}},
    ]
    assert {(key.kind, key.name) for key in still_used(sets)} == NAMES
    assert still_used([]) == frozenset()


def test_the_workload_reads_a_version_and_everybody_else_the_object_itself() -> None:
    found = with_versions(deployment("settings", "elsewhere") + config_map("1"))
    plain, version = names(found, "ConfigMap")
    assert plain == "settings"
    assert re.fullmatch(r"settings-[0-9a-f]{10}", version)
    assert volumes(found) == [version, "elsewhere"]
    body = found[ObjectKey("", "ConfigMap", "shop", version)].body
    assert (body["data"], body["immutable"]) == ({"a": "1"}, True)
    assert body["metadata"]["annotations"][PRUNE_ANNOTATION] == "unused"
    assert body["metadata"]["annotations"][OBJECT_ANNOTATION] == f"ConfigMap:shop/{version}"
    assert PRUNE_ANNOTATION not in found[ObjectKey("", "ConfigMap", "shop", "settings")].annotations


def test_another_content_is_another_version_and_the_same_is_the_same() -> None:
    one, again, two = (
        names(with_versions(deployment("settings") + config_map(value)), "ConfigMap") for value in "112"
    )
    assert one == again
    assert one[1] != two[1]


def test_a_deployment_that_lends_its_template_reads_versions() -> None:
    section = "rollout: {canary: {}, workloadRef: {}}"
    found = with_versions(deployment("settings") + config_map("1"), section)
    assert volumes(found, "Deployment") == [names(found, "ConfigMap")[1]]


def test_a_secret_s_version_is_named_by_what_it_was_sealed_as() -> None:
    body = yaml.safe_load(DEPLOYMENT.removesuffix("---\n"))
    body["spec"]["template"]["spec"]["containers"][0]["envFrom"] = [{"secretRef": {"name": "key"}}]
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: key}\nstringData: {a: '%s'}\n---\n"
    key = ObjectKey("", "Secret", "shop", "key")
    objects = yaml.safe_dump(body) + "---\n" + secret
    one, other_value, sealed_anew = (
        names(with_versions(objects % value, sealed={key: sealed}), "Secret")[1]
        for value, sealed in (("low", "x"), ("high", "x"), ("low", "y"))
    )
    assert one == other_value
    assert one != sealed_anew


def test_without_versions_nothing_is_renamed() -> None:
    found = with_versions(deployment("settings") + config_map("1"), versioned=False)
    assert names(found, "ConfigMap") == ["settings"]
    assert volumes(found) == ["settings"]


def test_what_an_application_keeps_anyway_says_so() -> None:
    found, _ = built(deployment("settings") + config_map("1"), f"prune: false\n{SECTION}")
    (version,) = (m for m in versioned([application()], found, {}) if m.key.name.startswith("settings-"))
    assert version.annotations[PRUNE_ANNOTATION] == "false"


def test_what_another_application_states_is_left_to_it() -> None:
    found, _ = built(deployment("settings"), SECTION, also={"other": config_map("1")})
    changed = {m.key: m for m in versioned([application()], found, {})}
    assert names(changed, "ConfigMap") == ["settings"]
    assert volumes(changed) == ["settings"]
