"""Tags of a stack where its files have no room."""

from types import SimpleNamespace

import pytest

from gitops.engine import command, locks
from gitops.model.errors import GitOpsError


@pytest.fixture
def ran(monkeypatch, tmp_path):
    """The words of each command that the engine was given, with the state below a folder."""
    words = []
    monkeypatch.setattr(command, "told", lambda _stack, _project, *given: words.append(given) or "")
    monkeypatch.setenv("PULUMI_BACKEND_URL", tmp_path.as_uri())
    return words


def room(monkeypatch, free):
    monkeypatch.setattr(locks.shutil, "disk_usage", lambda _: SimpleNamespace(free=free))


def test_a_full_disk_is_told_and_no_tag_is_written_over(monkeypatch, tmp_path, ran):
    room(monkeypatch, 1000)
    for change in (
        lambda: command.set_tag("prod", tmp_path, "a", "b"),
        lambda: command.remove_tag("prod", tmp_path, "a"),
    ):
        with pytest.raises(GitOpsError, match=r"no space is left in .* where the state of stack 'prod' is"):
            change()
    assert ran == []


def test_with_room_or_with_a_state_that_is_elsewhere_tags_are_changed(monkeypatch, tmp_path, ran):
    room(monkeypatch, 1 << 30)
    command.set_tag("prod", tmp_path, "a", "b")
    room(monkeypatch, 0)
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://states")
    command.remove_tag("prod", tmp_path, "a")
    assert ran == [("stack", "tag", "set", "a", "b"), ("stack", "tag", "rm", "a")]


def test_a_folder_that_is_not_there_yet_is_not_full(monkeypatch, tmp_path, ran):
    monkeypatch.setenv("PULUMI_BACKEND_URL", (tmp_path / "later").as_uri())
    command.set_tag("prod", tmp_path, "a", "b")
    assert ran
