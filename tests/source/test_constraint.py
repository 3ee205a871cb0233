"""Constraints on versions, and the tags that they come to."""

import pytest

from gitops.model.errors import ConfigError, NotFoundError
from gitops.model.settings import Repository
from gitops.source.constraint import highest, is_constraint
from gitops.source.others import fetcher
from tests.git_repository import GitRepository

TAGS = ("v1.2.0", "1.2.9", "v1.10.0", "2.0.0-rc.1", "2.0", "3.0.0-beta", "latest", "1.2.x", "01.2.3.4", "v")


@pytest.mark.parametrize(
    ("constraint", "tag"),
    [
        ("*", "2.0"),
        ("1.2.*", "1.2.9"),
        ("1.x", "v1.10.0"),
        ("~1.2.0", "1.2.9"),
        ("^1.2", "v1.10.0"),
        (">=1.0 <2", "v1.10.0"),
        (">= 1.0, < 1.10", "1.2.9"),
        ("1.2 - 1.9", "1.2.9"),
        ("<1.2.5 || >=2", "2.0"),
        ("!=2.0.0", "v1.10.0"),
        (">=2.0.0-0 <2.0.0", "2.0.0-rc.1"),
        (">=3.0.0-alpha", "3.0.0-beta"),
        ("^4", ""),
    ],
)
def test_a_constraint_is_the_highest_tag_that_it_allows(constraint, tag):
    assert is_constraint(constraint)
    assert highest(constraint, TAGS) == tag
    assert highest(constraint, reversed(TAGS)) == tag
    assert highest(constraint, ()) == ""


@pytest.mark.parametrize(
    "revision",
    [
        "",
        "HEAD",
        "main",
        "v1",
        "1.2.3",
        "v1.2.3-rc.1",
        "release/1.2",
        "c0ffee",
        "refs/tags/v1",
        ">=",
        "^" * 10**6,
    ],
)
def test_names_and_versions_are_no_constraints(revision):
    assert not is_constraint(revision)


@pytest.fixture
def repository(tmp_path):
    made = GitRepository(tmp_path / "origin")
    for version in ("v1.2.0", "v1.2.1", "v2.0.0"):
        made.write("version", version).commit()
        made.tag(version)
    made.git("branch", "9.x", "v1.2.0")
    made.write("version", "main").commit()
    return made


@pytest.fixture
def at(repository, tmp_path):
    """What lies at a revision of the repository, as another one of the stack and as its own."""

    def version(revision):
        read = fetcher(Repository(repository.url, "main"), tmp_path / "cache")
        [one, other] = (read(url, revision).read("version").decode() for url in (repository.url, ""))
        assert one == other
        return one

    return version


@pytest.mark.parametrize(
    ("revision", "found"),
    [
        ("1.2.*", "v1.2.1"),
        ("^1", "v1.2.1"),
        ("*", "v2.0.0"),
        ("v1.2.0", "v1.2.0"),
        ("9.x", "v1.2.0"),
        ("main", "main"),
    ],
)
def test_a_source_is_read_at_its_tag(at, revision, found):
    assert at(revision) == found


def test_a_new_tag_counts_in_the_next_run(at, repository):
    assert at("~1.2.0") == "v1.2.1"
    repository.write("version", "v1.2.7").commit()
    repository.tag("v1.2.7")
    assert at("~1.2.0") == "v1.2.7"


def test_a_constraint_without_a_tag_and_what_is_neither_are_told(at):
    with pytest.raises(NotFoundError, match=r"has no tag that '\^9' allows"):
        at("^9")
    with pytest.raises(ConfigError, match="is not a branch, tag or commit id"):
        at(">=one")
