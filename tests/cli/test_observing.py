from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gitops.cli.app import look
from gitops.cluster.survey import Survey
from gitops.delivery import observe
from gitops.desired import rendered
from gitops.source.stackfile import settings_from, stack_values
from tests.git_repository import GitRepository

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]


def config_map(name: str) -> str:
    return json.dumps(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"a": "1"}}
    )


class World:
    """A repository of two applications, and a cluster where both live as stated until a test changes it."""

    def __init__(self, folder: Path) -> None:
        self.repository = GitRepository(folder / "origin")
        for name in ("web", "api"):
            self.repository.write(f"k8s/02-apps/{name}/x.yaml", config_map(name))
        self.repository.commit()
        self.project = folder / "project"
        self.project.mkdir()
        (self.project / "Pulumi.test.yaml").write_text(
            f"config:\n  gitops:repository: {self.repository.url}\n"
        )
        settings = settings_from(stack_values("test", self.project), "test", self.project, {})
        _, manifests = rendered(settings, (), folder / "cache" / "pulumi-gitops")
        self.live: dict[Any, Any] = {item.key: item.body for item in manifests}
        self.others: dict[Any, Any] = {}

    def key(self, name: str) -> Any:
        return next(key for key in self.live if key.name == name and key.kind == "ConfigMap")

    def survey(self, stack: str, *, metadata_only: bool = True) -> Survey:
        assert metadata_only is not bool(stack)
        return Survey(self.live if stack else {**self.live, **self.others}, {})


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    world = World(tmp_path)
    monkeypatch.setattr(observe, "connect", lambda _: world)
    return world


@pytest.fixture
def run(world: World, gitops: Run) -> Run:
    """Runs a command on the stack `test` of the world."""

    def command(*arguments: str) -> tuple[int, str, str]:
        return gitops("--project", str(world.project), *arguments, "--stack", "test")

    return command


def change(world: World, name: str) -> None:
    key = world.key(name)
    world.live[key] = {**world.live[key], "data": {"a": "2"}}


def test_a_stack_that_lives_as_stated_has_no_drift(run: Run) -> None:
    assert run("stack", "drift") == (0, "no drift\n", "")
    assert run("app", "diff") == (0, "no drift\n", "")


def test_drift_is_told_and_ends_with_1(run: Run, world: World) -> None:
    change(world, "web")

    code, out, _ = run("stack", "drift")

    assert code == 1
    assert '  data.a: is "2", Git says "1"' in out


def test_drift_is_there_for_machines_and_as_a_report(run: Run, world: World) -> None:
    del world.live[world.key("web")]

    code, out, _ = run("stack", "drift", "-o", "json")
    _, report, _ = run("stack", "drift", "-o", "markdown")

    (finding,) = json.loads(out)["findings"]
    assert (code, finding["kind"], finding["object"]) == (1, "missing", "ConfigMap:web/web")
    assert report.startswith("# Drift of test")


def test_what_is_broken_in_git_can_not_be_compared_and_ends_with_2(run: Run, world: World) -> None:
    world.repository.write("k8s/02-apps/api/x.yaml", "{ half").commit()
    change(world, "web")

    code, out, err = run("stack", "drift")

    assert code == 2
    assert "data.a" in out
    assert "not compared: k8s/02-apps/api/x.yaml" in err


def test_a_difference_is_asked_for_one_application(run: Run, world: World) -> None:
    change(world, "web")

    assert run("app", "diff", "api")[0] == 0
    code, out, _ = run("app", "diff", "web", "-o", "json")
    assert code == 1
    assert [finding["path"] for finding in json.loads(out)["findings"]] == ["data.a"]


def test_one_application_is_shown_in_full(run: Run, world: World) -> None:
    change(world, "web")

    code, out, _ = run("app", "get", "web")
    _, document, _ = run("app", "get", "web", "-o", "json")

    assert code == 0
    assert "Sync:       OutOfSync" in out
    assert "ConfigMap:web/web  OutOfSync  Healthy  differs in data.a" in out
    assert [entry["name"] for entry in json.loads(document)["applications"]] == ["web"]


@pytest.mark.parametrize("command", [("app", "get"), ("app", "diff")])
def test_an_unknown_application_is_not_found(run: Run, command: tuple[str, ...]) -> None:
    code, out, err = run(*command, "nobody")

    assert (code, out) == (6, "")
    assert "no application nobody" in err


def test_a_stack_of_broken_applications_is_listed_with_the_reason_of_each(run: Run, world: World) -> None:
    for name in ("web", "api"):
        world.repository.write(f"k8s/02-apps/{name}/bad.yaml", "a: [\n")
    world.repository.commit()
    code, out, _ = run("app", "list", "-o", "json")
    assert code == 0
    found = {item["name"]: item for item in json.loads(out)["applications"]}
    assert {name: (item["sync"], item["health"]["status"]) for name, item in found.items()} == {
        "api": ("Unknown", "Healthy"),
        "web": ("Unknown", "Healthy"),
    }
    assert all(f"k8s/02-apps/{name}/bad.yaml" in item["problems"][0] for name, item in found.items())
    assert [len(item["objects"]) for item in found.values()] == [2, 2]
    code, out, err = run("stack", "drift")
    assert (code, out) == (2, "no drift\n")
    assert err.count("not compared: ") == 2


def test_a_wait_ends_when_everything_is_as_stated(run: Run) -> None:
    code, out, err = run("app", "wait")
    assert (code, out, err) == (0, "api is Synced and Healthy\nweb is Synced and Healthy\n", "")


def test_a_wait_that_takes_too_long_ends_with_9_and_its_reason(run: Run, world: World) -> None:
    change(world, "web")
    assert run("app", "wait", "--health", "--timeout", "1s")[0] == 0
    code, _, err = run("app", "wait", "web", "--timeout", "100ms")
    assert code == 9
    assert "waiting for web: OutOfSync: ConfigMap web/web differs in data.a" in err
    assert "error: after 0.1 s: web: OutOfSync" in err


def test_what_was_added_and_what_nobody_states_is_told_when_asked_for(run: Run, world: World) -> None:
    key = world.key("web")
    owner = {"manager": "kubectl", "operation": "Update", "fieldsV1": {"f:data": {"f:b": {}}}}
    body = world.live[key]
    metadata = {**body["metadata"], "managedFields": [owner]}
    world.live[key] = {**body, "metadata": metadata, "data": {"a": "1", "b": "2"}}
    world.others[type(key)("", "ConfigMap", "web", "stray")] = {"metadata": {}}

    assert run("stack", "drift")[0] == 0
    code, out, _ = run("stack", "drift", "--strict", "--unmanaged")
    _, report, _ = run("stack", "drift", "--strict", "--unmanaged", "-o", "markdown")

    assert code == 1
    assert out == (
        'web: ConfigMap web/web\n  data.b: added, is "2" (kubectl)\n'
        "in no stack: ConfigMap web/stray\n  unmanaged: it lives, and no stack states it\n"
        "2 findings in 1 application\n"
    )
    assert '| web | ConfigMap web/web | data.b |  | "2" | kubectl |' in report


def test_a_watched_list_is_printed_again_when_it_changes(
    run: Run, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def looks(settings: Any) -> Any:
        for changes in (None, None, "web", None):
            if changes:
                change(world, changes)
            yield observe.observe(settings)

    monkeypatch.setattr(look, "looks", looks)
    _, out, _ = run("app", "list", "--watch", "--no-headers", "-o", "table")
    rows = [line.split()[1:5:3] for line in out.splitlines() if not line.startswith("      ")]
    assert rows == [["api", "Synced"], ["web", "Synced"], ["api", "Synced"], ["web", "OutOfSync"]]


def test_a_hard_refresh_uses_no_cache(run: Run, tmp_path: Path) -> None:
    assert run("app", "get", "web", "--refresh")[0] == 0
    before = sorted(tmp_path.glob("cache/**/*"))
    assert run("app", "get", "web", "--hard-refresh", "-o", "name")[:2] == (
        0,
        "namespace/web\nconfigmap/web\n",
    )
    assert sorted(tmp_path.glob("cache/**/*")) == before
