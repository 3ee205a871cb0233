"""What a pipeline says of itself: which change it runs for, and where people read about it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gitops.model.errors import ConfigError
from gitops.source.checkout import commit_of, is_branch, merge_base, parents

if TYPE_CHECKING:
    from collections.abc import Mapping

_LARGEST = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Situation:
    """A change, and the pull request that proposes it.

    Attributes:
        base: the commit that the change starts from, or a revision that names it.
        head: what it comes to.
        branch: where it goes; "" where that is not known.
        marked: the commit that statuses are put on: the proposed one, also where its merge is looked at.
        pull_request: its number; 0 for none.
        url: where the pipeline's run can be read; "" for nowhere.
    """

    base: str
    head: str
    branch: str = ""
    marked: str = ""
    pull_request: int = 0
    url: str = ""


def situation(
    project: Path, environment: Mapping[str, str], base: str = "", head: str = "", pull_request: int = 0
) -> Situation:
    """The change that is told, or that GitHub Actions, those of Gitea, or GitLab CI tell.

    Where the pipeline has merged the pull request to try it out, that merge is looked at, against the commit
    that it was merged to. Otherwise it is the newest commit that both have in common, as far as the clone has it.

    Raises:
        ConfigError: there is nothing to compare.
    """
    told = told_by(environment)
    start, end = base or told.base, head or told.head
    if base and not end:
        end = "HEAD"
    if not (start and end):
        raise ConfigError(
            "nothing says what is compared with what",
            next_step="name both: --base main --head BRANCH, or run it in the pipeline of a pull request",
        )
    last = commit_of(project, end) or end
    first = commit_of(project, start) or start
    merged = parents(project, last)
    if not base and len(merged) == 2 and merged[1] == told.marked:
        first = merged[0]
    else:
        first = merge_base(project, first, last) or first
    is_told = not head
    return Situation(
        first,
        last,
        base if is_branch(project, base) else told.branch,
        told.marked if is_told and told.marked else last,
        pull_request or told.pull_request,
        told.url,
    )


def told_by(environment: Mapping[str, str]) -> Situation:
    """What the pipeline says, as far as it says anything.

    Raises:
        ConfigError: what it says can't be read.
    """
    return _of_gitlab(environment) if environment.get("GITLAB_CI") else _of_github(environment)


def _of_github(environment: Mapping[str, str]) -> Situation:
    """https://docs.github.com/webhooks/webhook-events-and-payloads#pull_request."""
    request = _event(environment).get("pull_request")
    run = environment.get("GITHUB_RUN_ID", "")
    server, name = environment.get("GITHUB_SERVER_URL", ""), environment.get("GITHUB_REPOSITORY", "")
    url = f"{server}/{name}/actions/runs/{run}" if run and server else ""
    sha = environment.get("GITHUB_SHA", "")
    if not isinstance(request, dict):
        pushed = environment.get("GITHUB_REF_NAME", "")
        return Situation("", sha, pushed, sha, 0, url)
    number = request.get("number")
    return Situation(
        _text(request, "base", "sha"),
        sha or _text(request, "head", "sha"),
        _text(request, "base", "ref"),
        _text(request, "head", "sha"),
        number if isinstance(number, int) else 0,
        url,
    )


def _of_gitlab(environment: Mapping[str, str]) -> Situation:
    """https://docs.gitlab.com/ci/variables/predefined_variables/."""
    number, sha = environment.get("CI_MERGE_REQUEST_IID", ""), environment.get("CI_COMMIT_SHA", "")
    return Situation(
        environment.get("CI_MERGE_REQUEST_DIFF_BASE_SHA", ""),
        sha,
        environment.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME") or environment.get("CI_COMMIT_BRANCH", ""),
        # of a merge that is tried out, the second parent
        environment.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA") or sha,
        int(number) if number.isdecimal() else 0,
        environment.get("CI_JOB_URL", ""),
    )


def _event(environment: Mapping[str, str]) -> dict[str, Any]:
    file = environment.get("GITHUB_EVENT_PATH", "")
    if not file:
        return {}
    try:
        with Path(file).open("rb") as opened:
            event = json.loads(opened.read(_LARGEST))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(
            f"GITHUB_EVENT_PATH names {file}, which can't be read: {error}",
            next_step="name the change: --base main --head BRANCH --pull-request NUMBER",
        ) from None
    return event if isinstance(event, dict) else {}


def _text(value: Any, *names: str) -> str:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""
