"""Prometheus: of this machine, of an earlier fetch, or of a package."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitops.model.errors import AccessError, ConfigError
from sandbox.console import Console
from sandbox.toolchain.debian import PROMETHEUS, prometheus

if TYPE_CHECKING:
    from pathlib import Path


def program(file: Path, text: str = "") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return file


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH, and a cache beside it."""
    (tmp_path / "cache" / "toolchain").mkdir(parents=True)
    monkeypatch.setenv("PATH", f"{tmp_path / 'tools'}:/bin:/usr/bin")
    return tmp_path / "tools"


def found(tools: Path) -> dict[str, Path]:
    return prometheus(tools.parent / "cache", str(tools), Console())


def test_those_on_the_path_are_used(tools: Path) -> None:
    here = {name: program(tools / name) for name in PROMETHEUS}
    assert found(tools) == here


def test_what_was_fetched_once_is_used_again(tools: Path) -> None:
    kept = tools.parent / "cache" / "toolchain" / "prometheus-2.42.0" / "usr" / "bin"
    assert found_in(kept, tools) == {name: kept / name for name in PROMETHEUS}


def found_in(kept: Path, tools: Path) -> dict[str, Path]:
    for name in PROMETHEUS:
        program(kept / name)
    return found(tools)


def test_a_system_without_packages_is_told_what_to_install(
    tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tools))
    with pytest.raises(ConfigError, match="not on PATH, and this system has no Debian packages"):
        found(tools)


def test_a_package_is_unpacked_into_a_folder_of_its_version_with_lists_of_its_own_if_need_be(
    tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # refuses until its own lists were made, as where nobody ever ran `update`
    program(
        tools / "apt-get",
        'case "$*" in *State*update*) : ;; *State*) echo x > prometheus_1.2_amd64.deb ;; *) exit 100 ;; esac',
    )
    program(tools / "dpkg-deb", 'mkdir -p "$3/usr/bin"')
    monkeypatch.setenv("PATH", f"{tools}:/bin:/usr/bin")
    assert found(tools)["promtool"] == (
        tools.parent / "cache" / "toolchain" / "prometheus-1.2" / "usr" / "bin" / "promtool"
    )


def test_a_package_that_can_not_be_had_is_told(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tools / "apt-get", "exit 100")
    program(tools / "dpkg-deb")
    monkeypatch.setenv("PATH", f"{tools}:/bin:/usr/bin")
    with pytest.raises(AccessError, match="`prometheus` can't be downloaded"):
        found(tools)
    assert list((tools.parent / "cache" / "toolchain").glob("*prometheus-*")) == []
