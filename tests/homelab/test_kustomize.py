"""The Kustomize applications of the example really build, for each stack, into what they promise."""

import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.homelab.example import ROOT, STACKS, directories, entry, generated, name_of, objects


def builder() -> list[str]:
    if kustomize := shutil.which("kustomize"):
        return [kustomize, "build"]
    if kubectl := shutil.which("kubectl"):
        return [kubectl, "kustomize"]
    return []


pytestmark = pytest.mark.skipif(not builder(), reason="neither kustomize nor kubectl is installed")
APPLICATIONS = [d for d in directories() if (d / "kustomization.yaml").is_file()]


@cache
def built(folder: Path) -> list[dict[str, Any]]:
    done = subprocess.run([*builder(), str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "deprecated" not in done.stderr, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def one(folder: Path, kind: str, name: str) -> dict[str, Any]:
    found = [o for o in built(folder) if o["kind"] == kind and o["metadata"]["name"].startswith(name)]
    assert len(found) == 1, f"{len(found)} {kind} {name} in {folder}"
    return found[0]


def application(path: str) -> Path:
    return ROOT / "k8s" / path


def test_at_least_six_applications_use_kustomize_and_some_have_overlays() -> None:
    assert len(APPLICATIONS) >= 6
    assert len([d for d in APPLICATIONS if (d / "overlays").is_dir()]) >= 4


@pytest.mark.parametrize("stack", STACKS)
def test_every_application_builds_and_nothing_gets_lost(stack: str) -> None:
    for directory in APPLICATIONS:
        kinds = sorted((o["kind"], o["metadata"]["name"]) for o in built(entry(directory, stack)))
        assert len(set(kinds)) == len(kinds), directory
        written = [each for each in objects(stack) if each.application == name_of(directory)]
        assert len(kinds) >= len(written) + len(generated(stack)[name_of(directory)]), directory


@pytest.mark.parametrize("stack", STACKS)
def test_every_built_image_has_a_version(stack: str) -> None:
    for directory in APPLICATIONS:
        for each in built(entry(directory, stack)):
            for container in each.get("spec", {}).get("template", {}).get("spec", {}).get("containers", ()):
                assert ":" in container["image"], f"{directory}: {container['image']}"


def test_generated_configuration_carries_a_hash_that_its_user_follows() -> None:
    folder = application("01-infrastructure/10-prometheus")
    rules = one(folder, "ConfigMap", "prometheus-rules-")["metadata"]["name"]
    volumes = one(folder, "StatefulSet", "prometheus")["spec"]["template"]["spec"]["volumes"]
    assert rules in {volume["configMap"]["name"] for volume in volumes if "configMap" in volume}


def test_stacks_differ_where_their_overlays_say_so() -> None:
    immich, podinfo = application("02-apps/immich"), application("02-apps/podinfo")
    sizes = [
        one(entry(immich, stack), "PersistentVolumeClaim", "immich-library")["spec"]["resources"]
        for stack in STACKS
    ]
    assert sizes[0] != sizes[1]
    most = [
        one(entry(podinfo, stack), "HorizontalPodAutoscaler", "podinfo")["spec"]["maxReplicas"]
        for stack in STACKS
    ]
    assert most == [4, 8]


def test_a_prefix_makes_two_sets_of_one_base() -> None:
    names = {
        o["metadata"]["name"] for o in built(application("02-apps/30-backups")) if o["kind"] == "CronJob"
    }
    assert names == {"nightly-restic", "weekly-restic"}
