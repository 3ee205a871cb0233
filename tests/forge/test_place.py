"""Whose API a repository's forge has, where it is, and which token it gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitops.forge.place import forge_at
from gitops.model.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_API_URL": "https://ghe.example/api/v3",
    "GITHUB_REPOSITORY": "you/homelab",
    "GITHUB_TOKEN": "of-github",
}
GITLAB = {
    "GITLAB_CI": "true",
    "CI_API_V4_URL": "https://git.example/api/v4",
    "CI_PROJECT_PATH": "a/b/homelab",
}


@pytest.mark.parametrize(
    ("remote", "kind", "api", "repository"),
    [
        ("https://github.com/you/homelab.git", "github", "https://api.github.com", "you/homelab"),
        ("git@github.com:you/homelab.git", "github", "https://api.github.com", "you/homelab"),
        ("ssh://git@GitHub.com:22/you/homelab", "github", "https://api.github.com", "you/homelab"),
        ("https://github.example/you/homelab", "github", "https://github.example/api/v3", "you/homelab"),
        ("https://gitlab.com/a/b/homelab.git", "gitlab", "https://gitlab.com/api/v4", "a/b/homelab"),
        (
            "https://gitlab.example:8443/a/homelab",
            "gitlab",
            "https://gitlab.example:8443/api/v4",
            "a/homelab",
        ),
        ("https://codeberg.org/you/homelab", "gitea", "https://codeberg.org/api/v1", "you/homelab"),
        ("https://gitea.example/you/homelab", "gitea", "https://gitea.example/api/v1", "you/homelab"),
        ("git@forgejo.example:you/homelab.git", "gitea", "https://forgejo.example/api/v1", "you/homelab"),
    ],
)
def test_the_address_of_a_repository_says_where_its_forge_is(
    remote: str, kind: str, api: str, repository: str
) -> None:
    found = forge_at(remote, {})
    assert (found.kind, found.api, found.repository, found.token) == (kind, api, repository, "")


def test_a_pipeline_says_it_better_than_an_address() -> None:
    found = forge_at("https://elsewhere.example/x/y", GITHUB)
    assert (found.kind, found.api, found.repository) == (
        "github",
        "https://ghe.example/api/v3",
        "you/homelab",
    )
    found = forge_at("", GITLAB)
    assert (found.kind, found.api, found.repository) == (
        "gitlab",
        "https://git.example/api/v4",
        "a/b/homelab",
    )
    found = forge_at("", {**GITHUB, "GITEA_ACTIONS": "true", "GITHUB_API_URL": "https://git.example/api/v1"})
    assert (found.kind, found.api) == ("gitea", "https://git.example/api/v1")


def test_what_is_told_wins() -> None:
    found = forge_at("", GITHUB, kind="gitea", api="http://127.0.0.1:3000/api/v1/", repository="me/other")
    assert (found.kind, found.api, found.repository) == ("gitea", "http://127.0.0.1:3000/api/v1", "me/other")


def test_a_pipelines_token_goes_to_its_own_api_and_to_no_other() -> None:
    assert forge_at("", GITHUB).token == "of-github"
    assert forge_at("https://github.com/you/x", {"GITHUB_TOKEN": "mine"}).token == "mine"
    assert forge_at("", GITHUB, api="https://evil.example").token == ""
    assert forge_at("https://github.evil.example/you/x", {"GITHUB_TOKEN": "mine"}).token == ""
    assert (
        forge_at("", {**GITHUB, "GITOPS_FORGE_TOKEN": "given"}, api="https://ours.example").token == "given"
    )


def test_a_token_is_read_from_a_file_too(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("in-a-file\n")
    assert forge_at("", {**GITHUB, "GITOPS_FORGE_TOKEN_FILE": str(tmp_path / "token")}).token == "in-a-file"
    for content in (b"two words", b"\xff\xfe", b"a\nb"):
        (tmp_path / "token").write_bytes(content)
        with pytest.raises(ConfigError) as caught:
            forge_at("", {**GITHUB, "GITOPS_FORGE_TOKEN_FILE": str(tmp_path / "token")})
        assert "words" not in str(caught.value)
    with pytest.raises(ConfigError, match="No such file"):
        forge_at("", {**GITHUB, "GITOPS_FORGE_TOKEN_FILE": str(tmp_path / "gone")})


@pytest.mark.parametrize(
    ("remote", "told", "said"),
    [
        ("", {}, "nothing says whose API the repository has"),
        ("file:///srv/home.git", {}, "nothing says whose API the repository has"),
        ("https://git.example/you/homelab", {}, "nothing says whose API git.example has"),
        ("https://[broken", {}, "nothing says whose API"),
        ("", {"kind": "github"}, "'' is not the address of an API"),
        ("", {"kind": "github", "api": "ftp://x"}, "'ftp://x' is not the address of an API"),
        ("", {"kind": "github", "api": "https://u:p@x/"}, "is not the address of an API"),
        ("", {"kind": "github", "api": "https://x"}, "'' is not a repository's name"),
        ("https://github.com/../../etc", {}, "'../../etc' is not a repository's name"),
        ("https://github.com/a/b?x=y", {"repository": "a b"}, "'a b' is not a repository's name"),
    ],
)
def test_what_can_not_be_told_is_asked_for(remote: str, told: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        forge_at(remote, {}, **told)
    assert said in str(caught.value)
    assert caught.value.problems[0].next_step
