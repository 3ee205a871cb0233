"""Whether a call of a webhook comes from who knows the secret; what it says is not believed, and not even read.

GitHub signs the body by HMAC-SHA256 in `X-Hub-Signature-256`, Gitea and Forgejo in `X-Gitea-Signature`, GitLab sends
the secret itself in `X-Gitlab-Token`. Anybody else signs as GitHub does, in `X-Gitops-Signature-256`.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST = 1024 * 1024
"""Bytes of a body that are read."""
_SIGNED = ("x-hub-signature-256", "x-gitea-signature", "x-gitops-signature-256")
_TOKEN = "x-gitlab-token"  # noqa: S105 - the name of a header


def is_authentic(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """Whether one of the signatures, or the token, is right; names of headers are in lower case.

    Without a secret nobody is believed. Comparisons take the same time whatever is wrong.
    """
    if not secret:
        return False
    if _TOKEN in headers:
        return _same(headers[_TOKEN], secret)
    told = next((headers[name] for name in _SIGNED if name in headers), "")
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return _same(told.removeprefix("sha256=").lower(), expected)


def _same(told: str, expected: str) -> bool:
    return hmac.compare_digest(told.encode(errors="replace"), expected.encode())
