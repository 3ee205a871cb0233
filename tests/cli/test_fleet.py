from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gitops.cluster.survey import Survey
from gitops.delivery import fleet, observe
from gitops.desired import rendered
from gitops.model.errors import AccessError
from gitops.source.stackfile import settings_from, stack_values
from tests.git_repository import GitRepository

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gitops.model.settings import Cluster

    Run = Callable[..., tuple[int, str, str]]


def config_map(value: str) -> str:
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web"}, "data": {"a": value}}
    return json.dumps(body)


class World:
    """Two stacks of one repository with an overlay each; the cluster of one of them can be away."""

    def __init__(self, folder: Path) -> None:
        repository = GitRepository(folder / "origin")
        repository.write("k8s/02-apps/web/base/x.yaml", config_map("1"))
        repository.write("k8s/02-apps/web/base/kustomization.yaml", "resources: [x.yaml]\n")
        for stack in ("prod", "staging"):
            overlay = f"k8s/02-apps/web/overlays/{stack}"
            patch = (
                f"resources: [../../base]\nnamePrefix: {stack}-\n"
                if stack == "prod"
                else "resources: [../../base]\n"
            )
            repository.write(f"{overlay}/kustomization.yaml", patch)
        repository.commit()
        self.repository = repository
        self.project = folder / "project"
        self.project.mkdir()
        self.live: dict[str, Any] = {}
        for stack in ("prod", "staging"):
            (self.project / f"Pulumi.{stack}.yaml").write_text(
                f"config:\n  gitops:repository: {repository.url}\n  gitops:context: {stack}\n"
            )
            settings = settings_from(stack_values(stack, self.project), stack, self.project, {})
            _, manifests = rendered(settings, (), folder / "cache" / "pulumi-gitops")
            self.live[stack] = {item.key: item.body for item in manifests}

    def connect(self, cluster: Cluster) -> Any:
        if not self.live[cluster.context]:
            raise AccessError("no answer", next_step="start it")
        return self

    def survey(self, stack: str, *, metadata_only: bool) -> Survey:
        assert not metadata_only
        return Survey(self.live[stack], {})


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    world = World(tmp_path)
    monkeypatch.setattr(observe, "connect", world.connect)
    return world


@pytest.fixture
def run(world: World, gitops: Run) -> Run:
    return lambda *words: gitops("--project", str(world.project), "stack", *words)


def test_all_stacks_are_side_by_side(run: Run, world: World) -> None:
    gone = next(key for key in world.live["staging"] if key.kind == "ConfigMap")
    del world.live["staging"][gone]

    code, out, _ = run("list")

    rows = [line.split() for line in out.splitlines()]
    assert code == 0
    assert [row[0] for row in rows] == ["STACK", "prod", "staging"]
    assert rows[1][-4:] == ["Synced", "Healthy", "0", "-"]
    assert rows[2][-4:] == ["OutOfSync", "Healthy", "1", "-"]
    assert run("list", "-o", "name")[1] == "prod\nstaging\n"


def test_a_stack_s_place_in_the_fleet_is_told(run: Run, world: World) -> None:
    file = world.project / "Pulumi.prod.yaml"
    file.write_text(
        f"{file.read_text()}  gitops:revision: {world.repository.head}\n  gitops:promotesFrom: staging\n"
        "  gitops:stage: prod\n  gitops:group: 2\n  gitops:clusterLabels: {region: eu}\n"
    )
    world.repository.write("README.md", "1").commit()
    world.repository.write("README.md", "2").commit()

    assert run("list")[1].splitlines()[1].split()[1] == "prod/2"
    assert run("list")[1].splitlines()[1].endswith("  2 behind staging")
    prod, staging = json.loads(run("list", "-o", "json")[1])["stacks"]
    assert (prod["stage"], prod["group"], prod["labels"]) == ("prod", 2, {"region": "eu"})
    assert (prod["promotesFrom"], prod["ahead"], prod["behind"]) == ("staging", 0, 2)
    assert (staging["stage"], staging["ahead"]) == ("", None)
    assert "Labels:         region=eu" in run("get", "--stack", "prod")[1]


def test_a_stack_that_is_away_hides_no_other(run: Run, world: World) -> None:
    world.live["prod"] = {}

    code, out, _ = run("list")
    document = json.loads(run("list", "-o", "json")[1])["stacks"]

    assert code == 3
    assert "      no answer\n          → start it\n" in out
    assert [(item["name"], item["sync"]) for item in document] == [("prod", "Unknown"), ("staging", "Synced")]
    assert document[0]["context"] == "prod"


def test_one_stack_is_shown_in_full(run: Run, world: World) -> None:
    gone = next(key for key in world.live["staging"] if key.kind == "ConfigMap")
    del world.live["staging"][gone]
    code, out, _ = run("get", "--stack", "staging")
    assert code == 0
    assert "Sync:        OutOfSync (1 OutOfSync)" in out
    assert out.endswith("Not as they should be:\n  web: OutOfSync, Healthy\n")


def test_what_two_stacks_state_differently_is_told(run: Run) -> None:
    code, out, err = run("diff", "staging", "prod")
    assert (code, err) == (1, "1 created, 1 deleted\n")
    assert "+  name: prod-web" in out
    assert "gitops.internal/stack" not in "".join(line for line in out.splitlines() if "created" in line)
    assert run("diff", "staging", "prod", "-o", "name")[1].splitlines() == [
        "created ConfigMap web/prod-web",
        "deleted ConfigMap web/web",
    ]
    document = json.loads(run("diff", "staging", "prod", "-o", "json")[1])
    assert (document["before"]["stack"], document["after"]["stack"]) == ("staging", "prod")


def test_a_stack_does_not_differ_from_itself(run: Run) -> None:
    assert run("diff", "prod", "prod")[:2] == (0, "")


def test_a_watched_list_is_printed_again_when_a_stack_changes(
    run: Run, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = []

    def wait_for_a_change(_changed: object) -> None:
        waits.append(len(waits))
        if len(waits) == 2:
            del world.live["staging"][next(key for key in world.live["staging"] if key.kind == "ConfigMap")]
        if len(waits) == 4:
            raise KeyboardInterrupt

    monkeypatch.setattr(fleet, "follow", lambda *_: None)
    monkeypatch.setattr(fleet, "pause", wait_for_a_change)
    code, out, _ = run("list", "--watch", "-o", "wide", "--no-headers")
    rows = [line.split() for line in out.splitlines()]
    assert code == 130
    assert [(row[0], row[6]) for row in rows] == [
        ("prod", "Synced"),
        ("staging", "Synced"),
        ("prod", "Synced"),
        ("staging", "OutOfSync"),
    ]
    assert rows[0][-2] == "prod"
