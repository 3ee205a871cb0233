"""Which forge a repository is on: what a pipeline tells of itself, else what the repository's address says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from gitops.model.errors import ConfigError
from gitops.model.forge import Forge, Kind
from gitops.source.url import is_web_address, server_and_path

if TYPE_CHECKING:
    from collections.abc import Mapping

TOKEN, TOKEN_FILE = "GITOPS_FORGE_TOKEN", "GITOPS_FORGE_TOKEN_FILE"
# what the forges' own pipelines and tools call a token
_TOKENS = {Kind.GITHUB: "GITHUB_TOKEN", Kind.GITLAB: "GITLAB_TOKEN", Kind.GITEA: "GITEA_TOKEN"}
_PUBLIC = {
    "github.com": (Kind.GITHUB, "https://api.github.com"),
    "gitlab.com": (Kind.GITLAB, "https://gitlab.com/api/v4"),
    "codeberg.org": (Kind.GITEA, "https://codeberg.org/api/v1"),
}
_OWN = {Kind.GITHUB: "/api/v3", Kind.GITLAB: "/api/v4", Kind.GITEA: "/api/v1"}
_NAME = re.compile(r"[A-Za-z0-9_][\w.-]*(/[A-Za-z0-9_.][\w.-]*)+|[0-9]+")
_LARGEST = 64 * 1024


def forge_at(
    remote: str,
    environment: Mapping[str, str],
    *,
    kind: str = "",
    api: str = "",
    repository: str = "",
) -> Forge:
    """The forge that keeps a repository.

    What is told wins, then what the pipeline says (GitHub Actions, which Gitea's speak as well, and GitLab CI),
    then the address that the repository was cloned from. A token that is not meant for this project alone, such as
    `GITHUB_TOKEN`, goes to an API that the pipeline or a public host's name vouches for, and to no other.

    Raises:
        ConfigError: it can't be told, or what is told can't be.
    """
    told_kind, told_api, told_name = _of_pipeline(environment)
    host, path = server_and_path(remote)
    guessed_kind, guessed_api = _PUBLIC.get(host, (_by_name(host), ""))
    found = Kind(kind) if kind else told_kind or guessed_kind
    if found is None:
        raise ConfigError(
            f"nothing says whose API {host or 'the repository'} has",
            next_step=f"name it: --forge {'|'.join(Kind)}, with --api-url and --forge-repository where they are needed",
        )
    if not guessed_api and host:
        guessed_api = f"https://{host}{_OWN[found]}"
    vouched = {address.rstrip("/") for address in (told_api, *(api for _, api in _PUBLIC.values()))}
    address = (api or told_api or guessed_api).rstrip("/")
    if not is_web_address(address):
        raise ConfigError(
            f"{address!r} is not the address of an API", next_step="name it: --api-url https://HOST/api/…"
        )
    name = repository or told_name or path
    if not _NAME.fullmatch(name) or ".." in name:
        raise ConfigError(
            f"{name!r} is not a repository's name", next_step="name it: --forge-repository OWNER/NAME"
        )
    return Forge(found, address, name, _token(found, environment, own_only=address not in vouched))


def _of_pipeline(environment: Mapping[str, str]) -> tuple[Kind | None, str, str]:
    """Kind, API and repository as a pipeline tells them; nothing where there is none.

    https://docs.github.com/actions/reference/workflows-and-actions/variables and
    https://docs.gitlab.com/ci/variables/predefined_variables/.
    """
    if environment.get("GITLAB_CI"):
        return Kind.GITLAB, environment.get("CI_API_V4_URL", ""), environment.get("CI_PROJECT_PATH", "")
    if environment.get("GITHUB_ACTIONS"):
        is_gitea = environment.get("GITEA_ACTIONS") or environment.get("FORGEJO_ACTIONS")
        kind = Kind.GITEA if is_gitea else Kind.GITHUB
        return kind, environment.get("GITHUB_API_URL", ""), environment.get("GITHUB_REPOSITORY", "")
    return None, "", ""


def _by_name(host: str) -> Kind | None:
    """A guess from names that people give their servers."""
    names = {"gitlab": Kind.GITLAB, "gitea": Kind.GITEA, "forgejo": Kind.GITEA, "github": Kind.GITHUB}
    return next((kind for word, kind in names.items() if word in host), None)


def _token(kind: Kind, environment: Mapping[str, str], *, own_only: bool) -> str:
    if environment.get(TOKEN):
        token = environment[TOKEN]
    elif file := environment.get(TOKEN_FILE):
        try:
            with Path(file).open(encoding="utf-8") as opened:
                token = opened.read(_LARGEST)
        except (OSError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or "it is no text"
            raise ConfigError(
                f"{TOKEN_FILE} names {file}, which can't be read: {reason}", next_step="name another file"
            ) from None
    else:
        token = "" if own_only else environment.get(_TOKENS[kind], "")
    token = token.strip()
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise ConfigError(
            "the token of the forge is not one word", next_step=f"set {TOKEN} to the token alone"
        )
    return token
