"""Comments, statuses and pull requests, on each of the three forges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitops.forge.talk import LONGEST_COMMENT, keep_comment, propose, set_status, status_of
from gitops.model.errors import GitOpsError
from gitops.model.forge import CommitStatus, Kind, State
from tests import given
from tests.forge.stub import TOKEN, Stub, forge_stub

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(params=list(Kind))
def stub(request: pytest.FixtureRequest) -> Iterator[Stub]:
    with forge_stub(request.param) as stub:
        yield stub


def test_a_pull_request_has_one_comment_that_is_kept_up_to_date(stub: Stub) -> None:
    stub.says("Nice work")
    first = keep_comment(stub.forge, 7, "gitops-preview", "one change")
    second = keep_comment(stub.forge, 7, "gitops-preview", "two changes")
    assert first.number == second.number
    bodies = [item["body"] for item in stub.comments]
    assert bodies == ["Nice work", "<!-- gitops-preview -->\ntwo changes"]


def test_nothing_is_sent_when_the_comment_says_it_already(stub: Stub) -> None:
    keep_comment(stub.forge, 7, "gitops-preview", "one change\nof a line")
    stub.comments[0]["body"] = stub.comments[0]["body"].replace("\n", "\r\n")  # as a browser sends it
    keep_comment(stub.forge, 7, "gitops-preview", "one change\nof a line\n")
    assert [asked.method for asked in stub.server.asked if asked.method != "GET"] == ["POST"]


def test_a_comment_is_found_behind_many_others_and_only_by_its_first_line(stub: Stub) -> None:
    for number in range(130):
        stub.says(f"{number}: see <!-- gitops-preview -->")
    keep_comment(stub.forge, 7, "gitops-preview", "one")
    stub.says("last")
    keep_comment(stub.forge, 7, "gitops-preview", "two")
    assert len(stub.comments) == 132
    assert stub.comments[130]["body"].endswith("two")


def test_a_comment_that_no_forge_takes_is_not_sent(stub: Stub) -> None:
    with pytest.raises(GitOpsError, match="65536 is the most"):
        keep_comment(stub.forge, 7, "gitops-preview", "x" * LONGEST_COMMENT)
    assert stub.server.asked == []


def test_the_newest_status_of_a_context_counts_and_its_description_is_cut(stub: Stub) -> None:
    assert status_of(stub.forge, given.SHA, "gitops/preview") is None
    for state, text in ((State.PENDING, "rendering"), (State.SUCCESS, "plan 0123\n" + "x" * 200)):
        set_status(stub.forge, given.SHA, CommitStatus(state, "gitops/preview", text, "https://ci.example/1"))
    set_status(stub.forge, given.SHA, CommitStatus(State.FAILURE, "gitops/other", "broken"))
    found = status_of(stub.forge, given.SHA, "gitops/preview")
    assert found
    assert found.state is State.SUCCESS
    assert found.description == "plan 0123 " + "x" * 129 + "…"
    other = status_of(stub.forge, given.SHA, "gitops/other")
    assert other
    assert other.state is State.FAILURE
    assert stub.statuses[1]["target_url"] == "https://ci.example/1"
    assert "target_url" not in stub.statuses[0]


def test_a_pull_request_is_opened_once(stub: Stub) -> None:
    opened = propose(stub.forge, "promote/prod", "main", "Promote to prod", "why")
    assert propose(stub.forge, "promote/prod", "main", "Promote to prod") == opened
    other = propose(stub.forge, "promote/eu", "main", "Promote to eu")
    assert (opened.number, other.number) == (1, 2)
    assert opened.url.endswith("/1")
    assert len(stub.pulls) == 2


def test_the_token_is_in_no_address_and_in_no_representation(stub: Stub) -> None:
    keep_comment(stub.forge, 7, "gitops-preview", "one")
    assert all(TOKEN not in asked.path for asked in stub.server.asked)
    assert TOKEN not in repr(stub.forge)


def test_a_pull_request_of_a_fork_is_not_ours() -> None:
    with forge_stub() as stub:
        propose(stub.forge, "promote/prod", "main", "Promote to prod")
        stub.pulls[0]["head"]["repo"] = {"full_name": "somebody/homelab"}
        assert propose(stub.forge, "promote/prod", "main", "Promote to prod").number == 2
        stub.pulls[1]["head"]["repo"] = None
        assert propose(stub.forge, "promote/prod", "main", "Promote to prod").number == 2
