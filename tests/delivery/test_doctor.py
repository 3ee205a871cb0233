from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from gitops.cluster.client import Client
from gitops.cluster.discovery import Resource
from gitops.delivery.doctor.examine import clock
from gitops.delivery.doctor.keys import keys
from gitops.delivery.doctor.programs import programs
from gitops.delivery.doctor.rights import VERBS, rights
from gitops.model.check import Check, Verdict, guarded
from gitops.model.errors import AccessError, Problem, ProblemsError
from gitops.model.keys import ObjectKey
from gitops.model.settings import Cluster, Repository, Secrets, Settings
from gitops.report.checks import as_line
from tests.cluster.api_server import Asked, Reply, serving
from tests.secrets.key_pairs import backup, private_pem

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CONFIG_MAPS = Resource("", "v1", "ConfigMap", "configmaps", namespaced=True)
NODES = Resource("", "v1", "Node", "nodes", namespaced=False)
SERVED = {("", "ConfigMap"): CONFIG_MAPS, ("", "Node"): NODES}
KEYS = [
    ObjectKey("", "ConfigMap", "shop", "a"),
    ObjectKey("", "ConfigMap", "bank", "b"),
    ObjectKey("", "Node", "", "n"),
]


def tools(folder: Path, **scripts: str) -> dict[str, str]:
    """An environment whose PATH holds these programs, each printing a line."""
    for name, line in scripts.items():
        file = folder / name.replace("_", "-")
        file.write_text(f"#!/bin/sh\necho '{line}'\n")
        file.chmod(0o755)
    return {"PATH": str(folder), "PULUMI_HOME": str(folder / "home")}


def by_name(environment: dict[str, str]) -> dict[str, Check]:
    return {check.name: check for check in programs(environment)}


def reviewing(allowed: Callable[[dict[str, str]], bool]) -> Callable[[Asked], Reply]:
    def answer(asked: Asked) -> Reply:
        attributes = asked.body["spec"]["resourceAttributes"]
        return Reply({**asked.body, "status": {"allowed": allowed(attributes)}}, 201)

    return answer


def asked_rights(allowed: Callable[[dict[str, str]], bool], keys: list[ObjectKey] = KEYS) -> Check:
    with serving(reviewing(allowed)) as server:
        return rights(Client(server.access), keys, SERVED)


def test_every_missing_program_is_named_with_what_to_install(tmp_path: Path) -> None:
    found = by_name(tools(tmp_path))

    assert {name for name, check in found.items() if check.verdict is Verdict.FAILURE} == {
        "engine",
        "language host",
        "git",
    }
    assert {name for name, check in found.items() if check.verdict is Verdict.WARNING} == {
        "plugin",
        "kustomize",
        "helm",
    }
    assert all(check.next_step for check in found.values())


def test_an_engine_of_another_version_than_the_library_is_a_warning(tmp_path: Path) -> None:
    found = by_name(tools(tmp_path, pulumi="v3.1.0"))["engine"]

    assert found.verdict is Verdict.WARNING
    assert "3.1.0" in found.told


def test_a_plugin_that_the_engine_has_installed_itself_is_enough(tmp_path: Path) -> None:
    (tmp_path / "home/plugins/resource-kubernetes-v4.34.2").mkdir(parents=True)

    found = by_name(tools(tmp_path))["plugin"]

    assert (found.verdict, found.told) == (Verdict.OK, "resource-kubernetes-v4.34.2")


def test_kubectl_stands_in_for_kustomize(tmp_path: Path) -> None:
    assert by_name(tools(tmp_path, kubectl="x"))["kustomize"].verdict is Verdict.OK


def test_a_user_who_may_do_everything_has_all_rights() -> None:
    found = asked_rights(lambda _: True)

    assert found.verdict is Verdict.OK
    assert str(2 * len(VERBS)) in found.told


def test_a_right_in_every_namespace_that_is_used_is_as_good_as_one_everywhere() -> None:
    found = asked_rights(lambda wanted: bool(wanted["namespace"]), KEYS[:2])

    assert found.verdict is Verdict.OK


def test_definitions_want_one_right_more_since_they_are_replaced_as_a_whole() -> None:
    definition = ("apiextensions.k8s.io", "CustomResourceDefinition")
    served = {definition: Resource(definition[0], "v1", definition[1], "crds", namespaced=False)}
    with serving(reviewing(lambda wanted: wanted["verb"] != "update")) as server:
        found = rights(Client(server.access), [ObjectKey(*definition, "", "boats.example.org")], served)
    assert found.told == "may not update crds.apiextensions.k8s.io"


def test_missing_rights_are_named_by_verb_kind_and_namespace() -> None:
    found = asked_rights(
        lambda w: (
            w["verb"] not in {"patch", "delete"} or (w["resource"], w["namespace"]) == ("configmaps", "shop")
        )
    )

    assert (found.verdict, found.exit_code) == (Verdict.FAILURE, 3)
    assert found.told == "may not patch, delete configmaps in bank; patch, delete nodes"


def test_a_kind_that_the_cluster_does_not_serve_yet_is_not_asked_for() -> None:
    found = asked_rights(lambda _: True, [ObjectKey("istio.io", "Gateway", "a", "b")])

    assert found.told == "0 rights on 0 kinds, all granted"


def test_an_error_becomes_a_failed_check_with_its_exit_code_and_step() -> None:
    def broken() -> None:
        raise AccessError("the door is shut", next_step="open it")

    found = guarded("door", broken)

    assert found == Check("door", Verdict.FAILURE, "the door is shut", "open it", 3)


def test_of_several_problems_the_first_is_told_and_the_others_are_counted() -> None:
    def broken() -> None:
        raise ProblemsError([Problem("one"), Problem("two"), Problem("three")])

    found = guarded("x", broken)

    assert isinstance(found, Check)
    assert found.told.endswith("(and 2 more)")


def test_a_line_shows_verdict_name_what_was_seen_and_below_it_the_step() -> None:
    line = as_line(Check("clock", Verdict.WARNING, "is slow", "wind it"))

    assert line.splitlines()[0].split() == ["warning", "clock", "is", "slow"]
    assert line.splitlines()[1].strip() == "→ wind it"


def test_the_servers_clock_is_read_from_its_answers() -> None:
    with serving(lambda _: Reply({})) as server:
        told = Client(server.access).server_time()

    assert told == pytest.approx(time.time(), abs=5)


@pytest.mark.parametrize(("skew", "verdict"), [(0, "ok"), (-30, "ok"), (90, "warning"), (-7200, "warning")])
def test_clocks_may_be_a_minute_apart(skew: float, verdict: str) -> None:
    assert clock(1_700_000_000 + skew, 1_700_000_000).verdict == verdict


@pytest.mark.parametrize(
    ("content", "verdict", "told"),
    [
        (lambda: backup("a", ago=3), Verdict.OK, "1 key, the newest is of"),
        (lambda: backup("a", ago=31) + backup("b", ago=40), Verdict.WARNING, "2 keys, the newest is of"),
        (lambda: private_pem("a"), Verdict.WARNING, "1 key, of unknown age"),
    ],
)
def test_keys_are_due_after_thirty_days(
    tmp_path: Path, content: Callable[[], bytes], verdict: Verdict, told: str
) -> None:
    (tmp_path / "ring.pem").write_bytes(content())
    secrets = Secrets(opened=True, key_ring=f"file:{tmp_path / 'ring.pem'}")
    found = keys(Settings("prod", Repository("file:///r", "main"), Cluster(), secrets=secrets))
    assert found.verdict is verdict
    assert told in found.told
    assert ("gitops secret rotate --stack prod" in found.next_step) is (verdict is Verdict.WARNING)


def test_a_stack_without_keys_fails_the_check_of_keys() -> None:
    settings = Settings("prod", Repository("file:///r", "main"), Cluster(), secrets=Secrets(opened=True))
    found = guarded("keys", lambda: keys(settings))
    assert isinstance(found, Check)
    assert found.verdict is Verdict.FAILURE
