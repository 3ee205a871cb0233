"""What a forge refuses, and what is no answer at all."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from gitops.forge import request
from gitops.forge.talk import keep_comment, propose, set_status
from gitops.model.errors import AccessError, GitOpsError, NotFoundError
from gitops.model.forge import CommitStatus, Forge, Kind, State
from tests import given
from tests.cluster.api_server import Reply
from tests.forge.stub import NAME, TOKEN, forge_stub

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """No time passes; what would have is kept."""
    found: list[float] = []
    monkeypatch.setattr(request.time, "sleep", found.append)
    return found


REFUSALS = [
    (401, {}, {"message": "Bad credentials"}, AccessError, "still valid"),
    (403, {}, {"message": "Resource not accessible"}, AccessError, "let the token write to you/homelab"),
    (
        403,
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1700000000"},
        {"message": "API rate limit exceeded"},
        AccessError,
        "try again after 22:13:20 UTC",
    ),
    (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "9" * 40}, {}, AccessError, "try again later"),
    (429, {"retry-after": "3600"}, {"message": "slow down"}, AccessError, "the limit of requests is reached"),
    (404, {}, {"message": "Not Found"}, NotFoundError, "check the name 'you/homelab'"),
    (302, {"location": "https://evil.example/"}, {}, AccessError, "the API is somewhere else"),
    (
        422,
        {},
        {"message": "Validation Failed", "errors": [{"message": "No commits between main and x"}]},
        GitOpsError,
        "Validation Failed; No commits between main and x",
    ),
    (400, {}, {"message": {"title": ["is too long"]}}, GitOpsError, '{"title": ["is too long"]}'),
    (400, {}, {"error": "scope \x1b[31mis\nbad"}, GitOpsError, "scope  ?.?31mis bad"),
    (409, {}, ["unusual"], GitOpsError, "answers 409"),
    (502, {}, "<html>bad gateway</html>", AccessError, "answers 502"),
]


@pytest.mark.parametrize(("status", "headers", "body", "kind", "said"), REFUSALS)
def test_a_refusal_says_what_it_means(
    status: int, headers: dict[str, str], body: Any, kind: type[GitOpsError], said: str
) -> None:
    with forge_stub() as stub:
        stub.replies = [Reply(body, status, headers)] * 3
        with pytest.raises(kind, match=said.replace("[", r"\[").replace("{", r"\{")) as caught:
            propose(stub.forge, "promote/prod", "main", "Promote to prod")
        assert type(caught.value) is kind
        assert TOKEN not in str(caught.value)
        assert "\x1b" not in str(caught.value)
        assert caught.value.problems[0].next_step


def test_a_redirection_takes_no_token_along() -> None:
    with forge_stub() as here, forge_stub() as there:
        assert there.server
        here.replies = [Reply({}, 307, {"location": f"{there.server.address}/"})]
        with pytest.raises(AccessError, match="somewhere else"):
            keep_comment(here.forge, 7, "m", "text")
        assert there.server.asked == []


def test_without_a_token_it_is_told_which_variable_takes_one() -> None:
    with forge_stub() as stub, pytest.raises(AccessError, match="set GITOPS_FORGE_TOKEN to a token that may"):
        keep_comment(replace(stub.forge, token=""), 7, "m", "text")


def test_what_may_be_asked_twice_is_asked_again(pauses: list[float]) -> None:
    with forge_stub() as stub:
        stub.replies = [Reply({}, 502), Reply({}, 503)]
        keep_comment(stub.forge, 7, "m", "text")
        assert len(stub.comments) == 1
    assert pauses == [0.5, 1.0]


def test_what_was_perhaps_heard_is_not_said_twice() -> None:
    with forge_stub() as stub:
        assert stub.server
        stub.replies = [Reply({}, 502)]
        with pytest.raises(AccessError, match="answers 502"):
            set_status(stub.forge, given.SHA, CommitStatus(State.SUCCESS, "gitops/preview", "well"))
        assert len(stub.server.asked) == 1


def test_a_forge_that_asks_for_patience_gets_it(pauses: list[float]) -> None:
    with forge_stub() as stub:
        stub.replies = [Reply({}, 429, {"retry-after": "7"}), Reply({}, 403, {"retry-after": "Wed, 21 Oct"})]
        set_status(stub.forge, given.SHA, CommitStatus(State.SUCCESS, "gitops/preview", "well"))
        assert len(stub.statuses) == 1
    assert pauses == [7.0, 1.0]


ODD = [
    b'[{"id": 1, "body"',
    b"<html>a login page</html>",
    b'{"an": "object"}',
    b'["words"]',
    b'[{"body": "without an id"}]',
    b'[{"id": "1; drop", "body": ""}]',
    b"[" * 200_000,
    b"[]" + b" " * (request.LARGEST + 10),
]


@pytest.mark.parametrize("content", ODD, ids=lambda content: content[:20].decode())
def test_an_answer_of_another_shape_is_none(content: bytes) -> None:
    with answering(content) as forge, pytest.raises(AccessError, match="can't be used") as caught:
        keep_comment(forge, 7, "m", "text")
    assert "127.0.0.1" in str(caught.value)


@pytest.mark.parametrize("item", [{}, {"head": {}}, {"head": "x", "base": 3, "number": 1, "id": 1}])
def test_a_pull_request_of_another_shape_is_none(item: dict[str, Any]) -> None:
    with (
        answering(json.dumps([item]).encode()) as forge,
        pytest.raises(AccessError, match="the answer has no"),
    ):
        propose(forge, "a", "b", "c")


def test_half_an_answer_is_none() -> None:
    with answering(b"[]", length=4000) as forge, pytest.raises(AccessError, match="can't be used"):
        keep_comment(forge, 7, "m", "text")


@pytest.mark.parametrize("kind", list(Kind))
def test_nobody_there_is_told_with_the_host(kind: Kind) -> None:
    forge = Forge(kind, "http://127.0.0.1:9", NAME, TOKEN)
    with pytest.raises(AccessError, match=r"at 127\.0\.0\.1:9 can't be used: Connection refused"):
        keep_comment(forge, 7, "m", "text")


def test_an_endless_list_ends() -> None:
    with forge_stub() as stub:
        assert stub.server
        stub.replies = [Reply([{"id": number, "body": ""}]) for number in range(40)]
        with pytest.raises(AccessError):  # the thirty-first answer is taken for that to the comment
            keep_comment(stub.forge, 7, "m", "text")
        assert len(stub.server.asked) == 31


@contextmanager
def answering(content: bytes, length: int = 0) -> Iterator[Forge]:
    """A server that gives these bytes to everybody and says that there are `length` of them."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-length", str(length or len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    class Quiet(HTTPServer):
        def handle_error(self, *_: Any) -> None:
            """A client that has read enough hangs up."""

    with Quiet(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield Forge(Kind.GITHUB, f"http://127.0.0.1:{server.server_port}", NAME, TOKEN)
        server.shutdown()
        thread.join()
