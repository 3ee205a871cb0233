from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitops.model.errors import ConfigError, GitOpsError
from sandbox.toolchain.golang import find
from tests.sandbox.fake_go import fake_go

if TYPE_CHECKING:
    from pathlib import Path


def test_a_missing_go_is_told_with_its_purpose_and_where_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match="`go` is not on PATH") as caught:
        find(tmp_path)
    assert "Go builds the engine and the control plane" in str(caught.value)
    assert "install Go 1.26 or newer from https://go.dev/dl" in str(caught.value)


@pytest.mark.parametrize(
    ("version", "told"),
    [("go1.25.4", "is go1.25"), ("devel", "of no known version"), ("", "of no known version")],
)
def test_an_old_go_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, told: str
) -> None:
    monkeypatch.setenv("PATH", f"{fake_go(tmp_path / 'path').parent}:/usr/bin:/bin")
    monkeypatch.setenv("FAKE_GO_VERSION", version)
    with pytest.raises(ConfigError, match=told):
        find(tmp_path)


def test_what_go_says_is_remembered_as_long_as_it_is_the_same_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = fake_go(tmp_path / "path")
    monkeypatch.setenv("PATH", f"{script.parent}:/usr/bin:/bin")
    assert find(tmp_path).identity == "go1.26.8 linux amd64"
    monkeypatch.setenv("FAKE_GO_VERSION", "go1.27.0")
    assert find(tmp_path).identity == "go1.26.8 linux amd64"
    script.write_text(script.read_text() + "# another\n")
    assert find(tmp_path).identity == "go1.27.0 linux amd64"
    (tmp_path / "go.json").write_text("[]")
    assert find(tmp_path).identity == "go1.27.0 linux amd64"


def test_a_go_that_does_not_work_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = fake_go(tmp_path / "path")
    script.write_text("#!/bin/sh\necho broken >&2\nexit 3\n")
    monkeypatch.setenv("PATH", f"{script.parent}:/usr/bin:/bin")
    with pytest.raises(GitOpsError, match="does not work: broken"):
        find(tmp_path)
