"""How far two commits are from each other, whichever way their branches went."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitops.model.errors import AccessError, NotFoundError
from gitops.model.settings import Repository
from gitops.source.distance import Distance, distances
from gitops.source.git import fetch
from tests.git_repository import GitRepository

if TYPE_CHECKING:
    from pathlib import Path


def test_commits_are_counted_on_both_sides(tmp_path: Path) -> None:
    origin = GitRepository(tmp_path / "origin")
    first = origin.write("x", "1").commit()
    second, third = origin.write("x", "2").commit(), origin.write("x", "3").commit()
    aside = origin.branch("aside").write("y", "1").commit()
    repository, cache = Repository(origin.url, "main"), tmp_path / "cache"
    fetch(repository, cache)  # without history, which must not be taken for all there is

    pairs = {(first, third): (0, 2), (third, first): (2, 0), (second, second): (0, 0), (aside, third): (1, 0)}
    assert distances(repository, cache, tuple(pairs)) == {k: Distance(*v) for k, v in pairs.items()}

    fourth = origin.write("x", "4").commit()
    assert distances(repository, cache, [(first, fourth)]) == {(first, fourth): Distance(0, 4)}


def test_equal_commits_need_no_repository(tmp_path: Path) -> None:
    assert distances(Repository("file:///nowhere", ""), tmp_path, [("a", "a")]) == {
        ("a", "a"): Distance(0, 0)
    }


def test_what_can_not_be_had_is_told(tmp_path: Path) -> None:
    origin = GitRepository(tmp_path / "origin")
    head = origin.write("x", "1").commit()
    with pytest.raises(NotFoundError):
        distances(Repository(origin.url, ""), tmp_path / "cache", [(head, "0" * 40)])
    with pytest.raises(AccessError):
        distances(Repository("file:///nowhere.git", ""), tmp_path / "cache", [(head, "0" * 40)])
