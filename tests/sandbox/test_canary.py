"""The versions that the demo brings to its example, and what it tells of them, with stand-ins for the programs."""

from __future__ import annotations

import io
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from gitops.model.errors import GitOpsError
from sandbox import canary
from sandbox.console import Console
from sandbox.controlplane import Cluster, Home, Sandbox
from sandbox.controlplane.api import Api
from sandbox.mesh.flow import ERRORS
from sandbox.repository import EXAMPLE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HEALTH = "Health:      Degraded aborted; metric success-rate failed at step 2 of 4: measured [0.7]; query up; → mend it"


def deployed(files: Mapping[str, str]) -> dict[str, Any]:
    (text,) = files.values()
    (found,) = (each for each in yaml.safe_load_all(text) if each["kind"] == "Deployment")
    return dict(found["spec"]["template"])


def test_each_version_is_another_image_of_the_same_application() -> None:
    (path,) = canary.earlier()
    versions = [
        {path: (EXAMPLE / path).read_text()},
        canary.earlier(),
        canary.bad(),
    ]
    images = [deployed(files)["spec"]["containers"][0]["image"] for files in versions]
    assert len(set(images)) == 3
    assert {image.rpartition(":")[0] for image in images} == {"ghcr.io/stefanprodan/podinfo"}
    assert list(canary.bad()) == [path]


def test_only_the_bad_version_says_that_it_fails_requests() -> None:
    assert float(deployed(canary.bad())["metadata"]["annotations"][ERRORS]) > 0.05
    assert "annotations" not in deployed(canary.earlier())["metadata"]


class Stage:
    """What a show does: commits, commands with their exit codes, and lines."""

    def __init__(self, codes: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
        self.commits: list[str] = []
        self.output = io.StringIO()
        self._codes = codes
        monkeypatch.setattr(subprocess, "run", self.run)
        monkeypatch.setattr(Api, "__init__", lambda *_: None)
        monkeypatch.setattr(Api, "call", lambda *_: (404, {}))

    def run(self, command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        is_get = "get" in command
        return subprocess.CompletedProcess(
            command, 0 if is_get else self._codes.pop(0), HEALTH if is_get else "", ""
        )

    def publish(self, files: Mapping[str, str]) -> str:
        self.commits += [
            deployed(files)["metadata"]["labels"]["app.kubernetes.io/version"] if files else "own"
        ]
        return ""

    def show(self, tmp_path: Path) -> None:
        home = Home.at(tmp_path)
        cluster = Cluster("staging", "https://127.0.0.1:1", home.kubeconfig, home.kubeconfig)
        canary.show(Sandbox(home, (cluster,)), "staging", tmp_path, self.publish, Console(self.output))


def test_a_good_version_then_a_bad_one_then_the_good_one_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage([0, 4, 0], monkeypatch)
    stage.show(tmp_path)
    assert stage.commits == ["own", "6.7.2", "own"]
    assert "metric success-rate failed at step 2 of 4: measured [0.7]" in stage.output.getvalue()
    assert "mend it" not in stage.output.getvalue()


@pytest.mark.parametrize(
    ("codes", "told"),
    [([4], "6.7.1 did not go through"), ([0, 0], "6.7.2 was not aborted"), ([0, 4, 4], "did not come back")],
)
def test_an_end_that_it_should_not_come_to_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, codes: list[int], told: str
) -> None:
    with pytest.raises(GitOpsError, match=told):
        Stage(codes, monkeypatch).show(tmp_path)
