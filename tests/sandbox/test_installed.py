"""What is on a machine already is used when it fits, and left alone when it does not."""

from __future__ import annotations

import io
import json
import os
from typing import TYPE_CHECKING

import pytest

from sandbox.console import Console
from sandbox.toolchain import installed, plugin

if TYPE_CHECKING:
    from pathlib import Path


def program(folder: Path, name: str, answer: str = "", code: int = 0) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "answer-to").mkdir(exist_ok=True)
    (folder / "answer-to" / name).write_text(answer)
    file = folder / name
    file.write_text(f"#!/bin/sh\ncat '{folder}/answer-to/{name}'\nexit {code}\n")
    file.chmod(0o755)
    return file


@pytest.mark.parametrize(
    ("version", "fits"),
    [("v3.259.0", True), ("v3.300.1", True), ("v4.0.0", True), ("v3.258.9", False), ("", False)],
)
def test_an_engine_is_used_when_it_is_new_enough(tmp_path: Path, version: str, *, fits: bool) -> None:
    engine = program(tmp_path, "pulumi", version)
    program(tmp_path, installed.LANGUAGE_HOST)
    assert installed.pulumi(str(tmp_path)) == (engine if fits else None)


def test_an_engine_without_its_language_host_is_not_used(tmp_path: Path) -> None:
    program(tmp_path, "pulumi", "v3.259.0")
    assert installed.pulumi(str(tmp_path)) is None
    assert installed.pulumi(str(tmp_path / "empty")) is None


@pytest.mark.parametrize(
    ("answer", "fits"),
    [
        *(
            (json.dumps({"clientVersion": {"gitVersion": f"v{v}"}}), True)
            for v in ("1.35.0", "1.36.9", "1.37.1")
        ),
        *(
            (json.dumps({"clientVersion": {"gitVersion": f"v{v}"}}), False)
            for v in ("1.34.9", "1.38.0", "2.36.0")
        ),
        ('{"clientVersion": {"gitVersion": "v1"}}', False),
        ('{"clientVersion": {"gitVersion": "main"}}', False),
        ('{"clientVersion": []}', False),
        ("no json", False),
        ("", False),
    ],
)
def test_a_kubectl_is_used_within_one_minor_version(tmp_path: Path, answer: str, *, fits: bool) -> None:
    client = program(tmp_path, "kubectl", answer)
    assert installed.kubectl(str(tmp_path)) == (client if fits else None)


def test_a_program_that_fails_is_not_used(tmp_path: Path) -> None:
    program(tmp_path, "kubectl", '{"clientVersion": {"gitVersion": "v1.36.3"}}', code=1)
    assert installed.kubectl(str(tmp_path)) is None


def test_a_sandbox_never_finds_itself(tmp_path: Path) -> None:
    own, other = tmp_path / "own", tmp_path / "other"
    path = os.pathsep.join([str(own), str(other), "", f"{own}/"])
    assert installed.outside(path, own) == str(other)


def test_the_newest_complete_plugin_of_a_home_is_found(tmp_path: Path) -> None:
    plugins = tmp_path / "home" / "plugins"
    for version in ("v4.9.0", "v4.30.1", "v4.31.0", "v3.99.0"):
        program(plugins / f"resource-kubernetes-{version}", installed.PLUGIN)
    (plugins / "resource-kubernetes-v4.31.0.partial").touch()
    found = [file.parent.name for file in installed.plugins(str(tmp_path), (tmp_path / "home",))]
    assert found == ["resource-kubernetes-v4.30.1", "resource-kubernetes-v4.9.0"]


def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, code: int) -> tuple[str, str]:
    """What takes the plugin's place when a download ends with a code, and what is said."""
    monkeypatch.delenv(plugin.CHOICE, raising=False)
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "none"))
    program(tmp_path / "bin", "pulumi", code=code)
    said = io.StringIO()
    found = plugin.place(tmp_path / "bin", tmp_path / "cache", "", Console(said))
    return found, said.getvalue()


def test_a_failed_download_is_not_tried_again_for_a_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, said = place(tmp_path, monkeypatch, code=1)
    assert found == "the sandbox's own provider"
    assert "can't be downloaded here" in said
    assert place(tmp_path, monkeypatch, code=1) == ("the sandbox's own provider", "")
    launcher = tmp_path / "bin" / installed.PLUGIN
    assert "-m sandbox.provider" in launcher.read_text()
    assert os.access(launcher, os.X_OK)
    memory = tmp_path / "cache" / "plugin-download-failed"
    os.utime(memory, (0, 0))
    assert "can't be downloaded here" in place(tmp_path, monkeypatch, code=1)[1]


def test_an_installed_plugin_takes_the_place_of_the_own_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place(tmp_path, monkeypatch, code=1)
    upstream = program(tmp_path / "none" / "plugins" / "resource-kubernetes-v4.34.2", installed.PLUGIN)
    assert place(tmp_path, monkeypatch, code=1) == (f"upstream plugin {upstream}", "")
    assert (tmp_path / "bin" / installed.PLUGIN).readlink() == upstream
    monkeypatch.setenv(plugin.CHOICE, "own")
    plugin.place(tmp_path / "bin", tmp_path / "cache", "", Console(io.StringIO()))
    assert not (tmp_path / "bin" / installed.PLUGIN).is_symlink()
    assert upstream.is_file()
