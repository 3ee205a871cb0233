from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitops.model.errors import ConfigError, NotFoundError
from gitops.source.pin import pin
from gitops.source.stackfile import stack_values

if TYPE_CHECKING:
    from pathlib import Path

SHA = "c0ffee" + "0" * 34
KEPT = """# ours
encryptionsalt: v1:x=
config: # what it is told
  # where
  gitops:repository: https://h/a.git # public
"""


def pinned(project: Path, text: str) -> str:
    file = project / "Pulumi.prod.yaml"
    file.write_text(text)
    pin("prod", project, SHA)
    assert stack_values("prod", project)["revision"] == SHA
    return file.read_text()


@pytest.mark.parametrize("value", ["main", '"main"', "'v1'", "main   "])
def test_one_value_changes_and_every_comment_stays(tmp_path: Path, value: str) -> None:
    line = "  gitops:revision: {} # follows\n  gitops:context: prod\n"
    told = pinned(tmp_path, KEPT + line.format(value))
    assert told.replace(" ", "") == (KEPT + line.format(SHA)).replace(" ", "")
    assert "# follows" in told


def test_a_key_that_is_not_there_is_added(tmp_path: Path) -> None:
    told = pinned(tmp_path, KEPT)
    assert told == KEPT.replace("told\n", f"told\n  gitops:revision: {SHA}\n")


def test_the_indentation_of_the_file_is_kept(tmp_path: Path) -> None:
    assert f"\n    gitops:revision: {SHA}\n" in pinned(tmp_path, "config:\n    gitops:repository: x\n")


def test_what_it_followed_before_is_told(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.prod.yaml").write_text("config:\n  gitops:revision: v1\n")
    assert pin("prod", tmp_path, SHA) == "v1"


@pytest.mark.parametrize("text", ["config: {gitops:revision: v1}\n", "config: {}\n", "other: 1\n"])
def test_a_file_that_one_line_can_not_change_stays_as_it_was(tmp_path: Path, text: str) -> None:
    file = tmp_path / "Pulumi.prod.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError, match="one line"):
        pin("prod", tmp_path, SHA)
    assert file.read_text() == text


def test_a_stack_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        pin("prod", tmp_path, SHA)


@pytest.mark.parametrize("revision", ["0" * 40, "12e" + "3" * 37])
def test_a_commit_that_looks_like_a_number_stays_a_text(tmp_path: Path, revision: str) -> None:
    (tmp_path / "Pulumi.home.yaml").write_text("config:\n  gitops:revision: main\n")
    pin("home", tmp_path, revision)
    assert stack_values("home", tmp_path)["revision"] == revision
