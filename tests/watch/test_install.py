from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path

import click

from gitops.cli.watch import watch
from gitops.cluster.discovery import Resource
from gitops.delivery.doctor.rights import VERBS
from gitops.manifests.objects import checked
from gitops.manifests.raw import RawObject
from gitops.model.errors import Location, Problems
from gitops.model.keys import ObjectKey
from gitops.watch.install import manifests, rules, systemd_unit

RBAC = "rbac.authorization.k8s.io"
SERVED = {
    (group, kind): Resource(group, "v1", kind, plural, namespaced=True)
    for group, kind, plural in (
        ("", "ConfigMap", "configmaps"),
        ("", "Secret", "secrets"),
        ("apps", "Deployment", "deployments"),
        ("apiextensions.k8s.io", "CustomResourceDefinition", "customresourcedefinitions"),
        (RBAC, "Role", "roles"),
        (RBAC, "RoleBinding", "rolebindings"),
    )
}


def of(*kinds: tuple[str, str]) -> list[dict[str, list[str]]]:
    return rules([ObjectKey(group, kind, "web", "x") for group, kind in kinds], SERVED)


def test_only_kinds_of_the_plan_are_granted_and_only_what_a_sync_does_to_them() -> None:
    assert of(("", "ConfigMap"), ("apps", "Deployment"), ("", "Secret"), ("none", "Such")) == [
        {"apiGroups": [""], "resources": ["configmaps", "secrets"], "verbs": sorted(VERBS)},
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": sorted(VERBS)},
    ]


def test_definitions_are_replaced_and_roles_need_a_right_of_their_own() -> None:
    (crd,) = of(("apiextensions.k8s.io", "CustomResourceDefinition"))
    assert "update" in crd["verbs"]
    assert "escalate" not in crd["verbs"]
    (role,) = of((RBAC, "Role"))
    assert "escalate" in role["verbs"]
    bind, binding = sorted(of((RBAC, "RoleBinding")), key=lambda rule: len(rule["verbs"]))
    assert (bind["verbs"], bind["resources"]) == (["bind"], ["clusterroles", "roles"])
    assert binding["resources"] == ["rolebindings"]
    assert "escalate" not in binding["verbs"]


def test_no_rule_has_a_star() -> None:
    found = manifests("prod", "image:1", "gitops", [ObjectKey(*pair, "web", "x") for pair in SERVED], SERVED)
    (role,) = [item for item in found if item["kind"] == "ClusterRole"]
    assert "*" not in str(role["rules"])


def test_the_manifests_are_sound_and_one_pod_runs_at_a_time() -> None:
    found = manifests("prod", "image:1", "gitops", [ObjectKey("", "ConfigMap", "web", "x")], SERVED)
    problems = Problems()
    for item in found:
        assert list(checked(RawObject(Location("x.yaml"), item), "x", problems))
    assert not list(problems)
    deployment = found[-1]
    assert (deployment["spec"]["replicas"], deployment["spec"]["strategy"]) == (1, {"type": "Recreate"})
    account = deployment["spec"]["template"]["spec"]["serviceAccountName"]
    assert {item["metadata"]["name"] for item in found[1:]} == {account}


def test_the_unit_waits_for_the_engine_and_holds_no_secret() -> None:
    unit = systemd_unit("prod", Path("/srv/project"), "/srv/bin/gitops", "deploy")
    assert "ExecStart=/srv/bin/gitops --project /srv/project watch --stack prod" in unit
    assert "TimeoutStopSec=120" in unit
    assert "EnvironmentFile=-" in unit


def test_the_unit_is_sound_and_starts_the_loop_with_options_that_there_are(tmp_path: Path) -> None:
    file = tmp_path / "gitops-watch-prod.service"
    file.write_text(systemd_unit("prod", tmp_path, shutil.which("true") or "/bin/true", "root"))
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(file)
    _, *rest = shlex.split(unit["Service"]["ExecStart"])
    assert rest[:3] == ["--project", str(tmp_path), "watch"]
    given = watch.make_context("watch", rest[3:]).params
    assert (given["stack"], given["listen"], given["clear_stale_locks"]) == ("prod", "127.0.0.1:9797", True)
    if shutil.which("systemd-analyze"):
        done = subprocess.run(
            ["systemd-analyze", "verify", str(file)], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")


def test_the_pod_starts_the_loop_with_options_that_there_are_and_writes_to_its_volume_alone() -> None:
    pod = manifests("prod", "image:1", "gitops", [], SERVED)[-1]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    program, verb, *options = container["args"]
    assert (program, verb) == ("gitops", "watch")
    assert isinstance(watch.make_context("watch", options), click.Context)
    (mount,) = container["volumeMounts"]
    assert all(entry["value"].startswith(mount["mountPath"]) for entry in container["env"])
    assert container["securityContext"]["readOnlyRootFilesystem"]


def test_the_image_has_the_engine_and_the_plugin_that_the_project_wants() -> None:
    root = Path(__file__).parents[2]
    text = (root / "examples" / "image" / "Dockerfile").read_text()
    pins = tomllib.loads((root / "pyproject.toml").read_text())["project"]["dependencies"]
    for package, pattern in (
        ("pulumi", r"FROM pulumi/pulumi-base:(\S+)"),
        ("pulumi-kubernetes", r"install resource kubernetes (\S+)"),
    ):
        assert {f"{package}=={version}" for version in re.findall(pattern, text)} <= set(pins)
        assert re.search(pattern, text)
    copied = [line.split()[1:-1] for line in text.splitlines() if re.match(r"COPY [^-]", line)]
    assert all(list(root.glob(name)) for names in copied for name in names)
