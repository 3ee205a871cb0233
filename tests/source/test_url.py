from __future__ import annotations

from pathlib import Path

import pytest

from gitops.model.errors import ConfigError
from gitops.source.url import checked_revision, is_commit, repository_url

PROJECT = Path("/srv/project")


@pytest.mark.parametrize(
    "text",
    [
        "https://github.com/you/homelab.git", "https://host:8443/a.git", "ssh://git@host:22/a.git",
        "git@github.com:you/homelab.git", "file:///srv/git/a.git", "https://host/with%20blank.git",
    ],
)  # fmt: skip
def test_an_address_is_taken_as_it_is(text: str) -> None:
    assert repository_url(text, PROJECT) == text


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("../homelab", "file:///srv/homelab"),
        ("/git/a", "file:///git/a"),
        ("demo", "file:///srv/project/demo"),
    ],
)
def test_a_path_starts_at_the_project(text: str, url: str) -> None:
    assert repository_url(text, PROJECT) == url


@pytest.mark.parametrize(
    "text",
    [
        "", "-u", "--upload-pack=touch x", "ext::sh -c true", "http://host/a", "git://host/a", "ftp://host/a",
        "fd::17", "https://host/a\nb", "https://host/a b", "ssh://-oProxyCommand=x/a", "ssh://-o@host/a",
        "https://user@host/a", "https://user:word@host/a", "ssh://git:word@host/a", "javascript://x", "://x",
        "-x@host:path", "https://[bad/a", "ssh://host:port/a", "https://host:99999/a",
        "git@-oProxyCommand=x:p", "-@host:path",
    ],
)  # fmt: skip
def test_a_hostile_address_is_refused(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        repository_url(text, PROJECT)
    assert "word" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["main", "v1.2.3", "release/2026-01", "feature_x", "a" * 40, "0123abc", "1.0+build", "refs/heads/main"],
)
def test_a_revision_is_a_ref_name(text: str) -> None:
    assert checked_revision(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "", "-x", "--upload-pack=x", "a..b", "a b", "a:b", "a~1", "a^", "a^{tree}", "@{-1}",
        "a.lock", "a/", "a.",
        "a\n", "a\x00b", "*", "a?b", "a[b", "a\\b", "+main", "/main", ".hidden",
    ],
)  # fmt: skip
def test_a_revision_that_says_more_than_a_name_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="is not a branch, tag or commit id"):
        checked_revision(text)


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("a" * 40, True),
        ("0" * 64, True),
        ("a" * 39, False),
        ("A" * 40, False),
        ("a" * 41, False),
        ("main", False),
    ],
)
def test_only_a_full_id_is_a_commit(text: str, *, full: bool) -> None:
    assert is_commit(text) is full
