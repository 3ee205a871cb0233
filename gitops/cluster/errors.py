"""What can go wrong between us and an API server."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gitops.model.errors import AccessError, GitOpsError
from gitops.model.manifest import MASK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_QUOTED = re.compile(r'(Invalid value: |Value:)(?:"(?:[^"\\]|\\.)*"|[^\s}]+)')
_UNTYPED = "failed to create typed patch object"
_SHORT = 4


class Unreachable(AccessError):  # noqa: N818 - a state of the world, as callers read it
    """No answer came from the server: nothing listens, the name is unknown, TLS failed or it took too long.

    `sent` says whether the request may have reached the server, so whether it can be repeated without harm.
    """

    def __init__(self, server: str, why: str, *, sent: bool = False) -> None:
        self.server = server
        self.why = why
        self.sent = sent
        super().__init__(
            f"the cluster at {server} can't be reached: {why}",
            next_step="check that the cluster runs and that the kubeconfig context names its current address",
        )


class ApiError(GitOpsError):
    """The server answered, and the answer is a refusal, as its `Status` object tells it.

    Attributes:
        status: the HTTP status code.
        reason: the machine-readable reason, such as `NotFound`, `AlreadyExists`, `Conflict`, `Invalid`.
        message: the server's sentence, without any value of a Secret.
        details: the `details` of the Status: kind, name, causes, retryAfterSeconds.
        path: the request's path.
    """

    def __init__(self, status: int, reason: str, message: str, details: Mapping[str, Any], path: str) -> None:
        self.status = status
        self.reason = reason
        self.message = message
        self.details = details
        self.path = path
        super().__init__(f"{reason}: {message}", next_step=_NEXT_STEPS.get(reason, ""))

    @property
    def causes(self) -> tuple[tuple[str, str], ...]:
        """(field, message) of every cause that the server lists."""
        return tuple((c.get("field", ""), c.get("message", "")) for c in self.details.get("causes") or ())


class DeniedError(ApiError, AccessError):
    """The server does not know us (401) or does not let us do this (403)."""


_NEXT_STEPS = {
    "Unauthorized": "renew the credentials of the kubeconfig context; they have probably expired",
    "Invalid": "mend the field that the message names",
    "Forbidden": "grant the user of the kubeconfig context this verb, or use another context",
}


def from_response(status: int, body: Any, path: str, sent: Any = None) -> ApiError:
    """Read an error out of a response: `body` is a Status object, any other JSON, or text."""
    known = body if isinstance(body, dict) and body.get("kind") == "Status" else {}
    reason = known.get("reason") or _REASONS.get(status, f"HTTP {status}")
    message = known.get("message") or (
        body[:256] if isinstance(body, str) and body else f"HTTP status {status}"
    )
    details = known.get("details") or {}
    if message.startswith(_UNTYPED):
        # a field of the wrong name or type, which server-side apply reports as a failure of its own
        reason, message = "Invalid", message.partition("): ")[2] or message
    if "/secrets" in path:
        message, details = _masked(message, sent), {k: v for k, v in details.items() if k != "causes"}
    kind = DeniedError if status in {401, 403} else ApiError
    return kind(status, reason, message, details, path)


_REASONS = {401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 409: "Conflict", 410: "Expired"}


def _masked(message: str, sent: Any) -> str:
    """Take the values of a Secret out of a message about it."""
    for value in sorted(set(_values(sent)), key=len, reverse=True):
        message = message.replace(value, MASK)
    return _QUOTED.sub(rf"\1{MASK}", message)


def _values(secret: Any) -> Iterator[str]:
    if isinstance(secret, dict):
        for key in ("data", "stringData"):
            content = secret.get(key)
            values = content.values() if isinstance(content, dict) else [content]
            yield from (v for v in values if isinstance(v, str) and len(v) >= _SHORT)
