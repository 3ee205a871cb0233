"""The example is laid out as its README says, and stays big enough to prove something."""

import pytest
import yaml

from tests.homelab.example import (
    APPS,
    INFRASTRUCTURE,
    ROOT,
    STACKS,
    descriptor,
    directories,
    name_of,
    objects,
    read,
    wave_of,
)

KEYS = {
    "wave",
    "namespace",
    "dependsOn",
    "project",
    "critical",
    "prune",
    "selfHeal",
    "createNamespace",
    "timeouts",
    "rollbackOnFailure",
    "revertOnFailure",
    "rollout",
}


def test_there_are_enough_applications_and_objects_to_be_a_real_homelab() -> None:
    infrastructure = [d for d in directories() if INFRASTRUCTURE in d.as_posix()]
    apps = [d for d in directories() if APPS in d.as_posix()]
    assert len(infrastructure) >= 12
    assert len(apps) >= 22
    for stack in STACKS:
        assert len(objects(stack)) >= 200, stack


def test_the_waves_of_the_example_are_all_there() -> None:
    assert {wave_of(d) for d in directories() if INFRASTRUCTURE in d.as_posix()} == {0, 1, 2, 3, 4, 5, 10}
    assert {wave_of(d) for d in directories() if APPS in d.as_posix()} == {20, 30}


def test_every_kind_that_the_program_must_handle_is_in_both_stacks() -> None:
    wanted = (
        "ClusterRole ClusterRoleBinding ConfigMap CronJob DaemonSet Deployment DestinationRule Gateway "
        "HorizontalPodAutoscaler Ingress IngressClass Job LimitRange Namespace NetworkPolicy "
        "PeerAuthentication PersistentVolumeClaim PodDisruptionBudget PriorityClass ResourceQuota Role "
        "RoleBinding Rollout Secret Service ServiceAccount StatefulSet StorageClass VirtualService"
    )
    for stack in STACKS:
        assert set(wanted.split()) - {each.kind for each in objects(stack)} == set(), stack


def test_every_yaml_file_parses() -> None:
    files = [f for f in ROOT.rglob("*") if f.suffix in {".yaml", ".yml", ".json"}]
    assert len(files) > 150
    for file in files:
        assert read(file), f"{file} is empty"


def test_no_two_applications_have_the_same_name() -> None:
    names = [name_of(d) for d in directories()]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("stack", STACKS)
def test_no_object_is_declared_twice(stack: str) -> None:
    seen: dict[tuple[str, str, str, str], str] = {}
    for each in objects(stack):
        assert each.identity not in seen, f"{each} and {seen[each.identity]}"
        seen[each.identity] = str(each)


def test_descriptors_have_no_unknown_keys() -> None:
    for directory in directories():
        assert set(descriptor(directory)) <= KEYS, directory
        assert set(descriptor(directory).get("timeouts", {})) <= {"health", "rollout"}, directory


def test_an_application_depends_on_existing_ones_of_the_same_or_an_earlier_wave() -> None:
    waves = {name_of(d): wave_of(d) for d in directories()}
    edges = [(name_of(d), other) for d in directories() for other in descriptor(d).get("dependsOn", ())]
    assert ("grafana", "prometheus") in edges
    for application, other in edges:
        assert other in waves, f"{application} depends on {other}, which does not exist"
        assert waves[other] <= waves[application], f"{application} depends on {other} of a later wave"
        assert other != application


def test_dependencies_have_no_cycle() -> None:
    edges = {name_of(d): set(descriptor(d).get("dependsOn", ())) for d in directories()}
    while edges:
        free = {name for name, others in edges.items() if not others & edges.keys()}
        assert free, f"a cycle among {sorted(edges)}"
        edges = {name: others for name, others in edges.items() if name not in free}


def test_definitions_of_other_projects_are_not_copied() -> None:
    for stack in STACKS:
        assert not [each for each in objects(stack) if each.kind == "CustomResourceDefinition"]
    assert not [f for f in ROOT.rglob("*.y*ml") if "openAPIV3Schema" in f.read_text()]


def test_passwords_are_placeholders_at_most() -> None:
    secrets = {each.name for each in objects("prod") if each.kind == "Secret"}
    assert secrets == {"postgresql-credentials"}


def test_every_resource_file_of_a_kustomize_application_is_used() -> None:
    used = {each.file for stack in STACKS for each in objects(stack)}
    written = {
        file
        for file in ROOT.glob("k8s/*/*/**/*.yaml")
        for document in read(file)
        if "kind" in document and document["kind"] != "Kustomization"
    }
    patches = {
        (file.parent / patch["path"]).resolve()
        for file in ROOT.rglob("kustomization.yaml")
        for patch in yaml.safe_load(file.read_text()).get("patches", ())
        if "path" in patch
    }
    assert written - used - patches == set()
