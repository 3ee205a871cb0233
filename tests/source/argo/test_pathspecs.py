"""Patterns of files: what the reader finds is what `git ls-files` lists."""

from __future__ import annotations

from time import process_time
from typing import TYPE_CHECKING

import pytest

from gitops.source.argo.files import FileError, files
from gitops.source.argo.setspec import PathItem
from tests import given
from tests.git_repository import GitRepository

if TYPE_CHECKING:
    from pathlib import Path

TREE = (
    "a.yaml", "b.json", "envs/prod.yaml", "envs/qa/config.json", "envs/qa/deep/er/config.json", "envs-old/x.yaml",
    ".hidden/x.yaml", "dir[1]/x.yaml", "we?rd/x.yaml", "UPPER/X.YAML", "spa ce/x y.yaml", "umläut/ä.yaml",
    "-dash/x.yaml",
    "a/b/c/d.yaml", "a/bb/c.yaml", "star*/x.yaml", "back\\slash/x.yaml", "x]y/z.yaml",
)  # fmt: skip
PATTERNS = (
    "a.yaml", "*.yaml", "*", "**", "envs", "envs/", "envs/*", "envs/**", "envs/*/config.json", "envs/**/config.json",
    "**/config.json", "*/config.json", "envs/qa", "envs/q?", "envs/??", "?.yaml", "env", "env*", "envs*/*.yaml",
    "[ab].*", "[!a].json", "[^a].json", "[a-c].yaml", "a/*/c", "a/*/c/*", "a/b*/c*", "a/**", "./a.yaml", "envs/./qa",
    "envs/../a.yaml", "UPPER/*", "upper/*", "spa ce", "spa ce/x*", "umläut/*", "uml?ut/*", "dir[[]1]/*", r"dir\[1]/*",
    r"star\*/*", r"we\?rd/*", r"back\\slash/*", "-dash/*", ".hidden/*", ".*", "x]y/*", "nothing/*", "*er*", "*.y?ml",
    "a/b/c/d.yaml/", "[[:upper:]]*", "[]x]*", "[[:alpha:]_]*/?.yaml", "uml??ut/*", "envs*/", "[a-b]/", "**/*.json",
    "envs/qa/deep/**",
    "[^[:alpha:]]*", "x[]]y/*",
)  # fmt: skip


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> GitRepository:
    path: Path = tmp_path_factory.mktemp("pathspecs") / "repository"
    found = GitRepository(path)
    for file in TREE:
        found.write(file, "x: 1\n")
    found.git("add", "--all")
    return found


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_takes_what_git_lists(repository: GitRepository, pattern: str) -> None:
    listed = repository.git("ls-files", "-z", "--", pattern).split("\0")
    commit = given.commit(dict.fromkeys(TREE, "x"))
    assert sorted(files((PathItem(pattern),), commit)) == sorted(filter(None, listed))


def test_many_stars_cost_no_time() -> None:
    begun = process_time()
    assert not list(files((PathItem("*a" * 40 + "b"),), given.commit({"a" * 1000: "x"})))
    assert process_time() - begun < 1


@pytest.mark.parametrize("pattern", ["../x", "/etc/*", ":(exclude)x", ":!x", ":/x", "[z-a]"])
def test_more_than_a_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(FileError, match="is not a pattern"):
        list(files((PathItem(pattern),), given.commit({"a": "x"})))
