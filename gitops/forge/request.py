"""One request to a forge, and what its refusals mean."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import urllib3

from gitops.cluster.transport import why
from gitops.model.errors import AccessError, GitOpsError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitops.model.forge import Forge

TIMEOUT = 20.0
"""Seconds until an answer has to begin, and between two parts of it."""
LARGEST = 8 * 1024 * 1024
"""Bytes of an answer that are read."""
PAGE, _PAGES = 100, 30
_TRIES, _LONGEST_PAUSE = 3, 20.0
_WORDS = 300


def ask(
    forge: Forge,
    method: str,
    route: str,
    body: Mapping[str, Any] | None = None,
    query: Mapping[str, str] | None = None,
) -> Any:
    """What the forge answers, as JSON; `route` comes after the API's address and is quoted already.

    What may be asked twice is asked again when the answer is a failure of the server. A redirection is not
    followed, since the token would go along.

    Raises:
        AccessError: no answer, none that can be read, or the token is not enough.
        NotFoundError: the forge has no such thing, or does not show it to this token.
        GitOpsError: it does not accept what is said.
    """
    url = f"{forge.api}{route}" + (f"?{urlencode(query)}" if query else "")
    for attempt in range(1, _TRIES + 1):
        last = attempt == _TRIES
        try:
            status, headers, content = _once(forge, method, url, body)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            if last or method == "POST":  # it may have been heard
                raise _unreachable(forge, why(error)) from None
            time.sleep(attempt / 2)
            continue
        if status < 300:
            return _decoded(forge, content)
        pause = _pause(status, headers, method, attempt)
        if last or pause is None:
            raise _refusal(forge, method, route, status, headers, content)
        time.sleep(pause)
    raise AssertionError  # the last attempt has returned or raised


def pages(forge: Forge, route: str, query: Mapping[str, str] | None = None) -> Iterator[dict[str, Any]]:
    """The entries of a list, page by page, as long as a page brings new ones; ids tell one from another."""
    seen: set[Any] = set()
    for page in range(1, _PAGES + 1):
        asked = {"per_page": str(PAGE), "limit": str(PAGE), "page": str(page), **(query or {})}
        entries = ask(forge, "GET", route, query=asked)
        if not isinstance(entries, list) or not all(isinstance(item, dict) for item in entries):
            raise _unreachable(forge, f"the answer to {route} is no list")
        new = [item for item in entries if item.get("id") not in seen]
        yield from new
        seen |= {item.get("id") for item in new}
        if not new:
            return


def told(forge: Forge, answer: Any, *names: str) -> Any:
    """A value that an answer must have, such as `told(forge, answer, "head", "ref")`.

    Raises:
        AccessError: it does not have it, so that whoever answers does not speak this API.
    """
    value = answer
    for name in names:
        if not isinstance(value, dict) or value.get(name) is None:
            raise _unreachable(forge, f"the answer has no {'.'.join(names)}")
        value = value[name]
    return value


def number(forge: Forge, answer: Any, name: str) -> int:
    """As `told`, for a value that has to be a number."""
    value = told(forge, answer, name)
    if not isinstance(value, int):
        raise _unreachable(forge, f"{name} in the answer is no number")
    return value


def _once(
    forge: Forge, method: str, url: str, body: Mapping[str, Any] | None
) -> tuple[int, Mapping[str, str], bytes]:
    headers = {"accept": "application/json", "user-agent": "pulumi-gitops"}
    if forge.token:
        headers["authorization"] = f"Bearer {forge.token}"
    content = None if body is None else json.dumps(body).encode()
    if content is not None:
        headers["content-type"] = "application/json"
    with urllib3.PoolManager(retries=False, timeout=TIMEOUT) as pool:
        answer = pool.request(
            method, url, body=content, headers=headers, redirect=False, preload_content=False
        )
        try:
            return answer.status, answer.headers, answer.read(LARGEST + 1)
        finally:
            answer.close()


def _pause(status: int, headers: Mapping[str, str], method: str, attempt: int) -> float | None:
    """Seconds until it makes sense to ask again; None when it makes none."""
    if status in {403, 429} and "retry-after" in headers:
        told_to = headers["retry-after"]
        wait = float(told_to) if told_to.isdecimal() else 1.0
        return wait if wait <= _LONGEST_PAUSE else None
    return attempt / 2 if status >= 500 and method != "POST" else None


def _decoded(forge: Forge, content: bytes) -> Any:
    if len(content) > LARGEST:
        raise _unreachable(forge, f"the answer is longer than {LARGEST // 1024 // 1024} MiB")
    try:
        return json.loads(content) if content.strip() else {}
    except (ValueError, RecursionError):
        raise _unreachable(forge, "the answer is no JSON") from None


def _refusal(
    forge: Forge, method: str, route: str, status: int, headers: Mapping[str, str], content: bytes
) -> GitOpsError:
    words = _message(content)
    said = f"{forge.kind} answers {status} to {method} {route}" + (f": {words}" if words else "")
    if status == 429 or (status == 403 and _is_exhausted(headers)):
        return AccessError(f"{said}; the limit of requests is reached", next_step=_later(headers))
    if 300 <= status < 400:
        return AccessError(
            f"{said}; the API is somewhere else", next_step="name the API's own address with --api-url"
        )
    if status == 401:
        return AccessError(
            said,
            next_step="set GITOPS_FORGE_TOKEN to a token that is still valid"
            if forge.token
            else "set GITOPS_FORGE_TOKEN to a token that may write comments and statuses",
        )
    if status == 403:
        return AccessError(said, next_step=f"let the token write to {forge.repository}")
    if status == 404:
        return NotFoundError(
            said, next_step=f"check the name {forge.repository!r}, and that the token may see it"
        )
    if status >= 500:
        return AccessError(said, next_step="try again: nothing of it is kept by this side")
    return GitOpsError(said, next_step="mend what it names")


def _later(headers: Mapping[str, str]) -> str:
    until = headers.get("x-ratelimit-reset") or headers.get("ratelimit-reset") or ""
    if not (until.isdecimal() and len(until) < 12):  # seconds since 1970, until the year 5138
        return "try again later"
    return f"try again after {time.strftime('%H:%M:%S UTC', time.gmtime(int(until)))}"


def _is_exhausted(headers: Mapping[str, str]) -> bool:
    return headers.get("x-ratelimit-remaining") == "0" or "retry-after" in headers


def _message(content: bytes) -> str:
    """The forge's own words; GitHub tells details in `errors`, GitLab anything in `message` or `error`."""
    try:
        answer = json.loads(content[:LARGEST])
    except (ValueError, RecursionError):
        return ""  # a page of HTML from something on the way
    if not isinstance(answer, dict):
        return ""
    parts = [answer.get("message") or answer.get("error"), *_listed(answer.get("errors"))]
    return _short("; ".join(_words(part) for part in parts if part))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _words(part: Any) -> str:
    if isinstance(part, dict) and isinstance(part.get("message"), str):
        return str(part["message"])
    return part if isinstance(part, str) else json.dumps(part)


def _short(text: str) -> str:
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return line if len(line) <= _WORDS else f"{line[: _WORDS - 1]}…"


def _unreachable(forge: Forge, reason: str) -> AccessError:
    host = urlsplit(forge.api).netloc.rpartition("@")[2]
    return AccessError(
        f"the API of {forge.kind} at {host} can't be used: {reason}",
        next_step="check the address, or name the API's own with --api-url",
    )
