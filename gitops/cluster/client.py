"""The Kubernetes API over one pool of kept-alive connections: plain objects in, plain objects out.

Verbs and media types are those of the Kubernetes API conventions. Every call is safe to make from any thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import urllib3

from gitops.cluster.errors import ApiError, DeniedError, Unreachable, from_response
from gitops.cluster.transport import JSON, Request, Transport, decoded, why

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gitops.cluster.kubeconfig import Access

__all__ = ["ApiError", "Client", "DeniedError", "Event", "Listing", "Object", "Unreachable"]

Object = dict[str, Any]
Items = list[Object]

APPLY_PATCH = "application/apply-patch+yaml"
MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
_METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
_PAGE = 500


class Event(NamedTuple):
    """One line of a watch: ADDED, MODIFIED, DELETED or BOOKMARK, and the object."""

    type: str
    object: Object


@dataclass(frozen=True, slots=True)
class Listing:
    """The objects of a collection, and the resource version at which a watch can go on."""

    items: Items
    resource_version: str


class Client:
    """One API server.

    `pool` is the number of connections kept open, `timeout` the seconds to wait for an answer, `patience` those for
    a server that has answered before and is away; `warn` is given every warning that the server sends.

    Every call raises ApiError for a refusal (DeniedError for 401 and 403), and Unreachable for no answer.
    """

    def __init__(
        self,
        access: Access,
        *,
        pool: int = 64,
        timeout: float = 60.0,
        patience: float = 1.0,
        warn: Callable[[str], None] | None = None,
    ) -> None:
        self.server = access.server
        self._transport = Transport(access, pool=pool, patience=patience)
        self._timeout = timeout
        self._warn = warn

    def get(self, path: str) -> Object:
        """The object at `path`; a missing one is an ApiError with status 404."""
        return self._object("GET", path)

    def list(
        self, path: str, label_selector: str = "", *, field_selector: str = "", metadata_only: bool = False
    ) -> Items:
        """Every object of a collection, page by page, each with its apiVersion and kind."""
        return self.listing(
            path, label_selector, field_selector=field_selector, metadata_only=metadata_only
        ).items

    def listing(
        self, path: str, label_selector: str = "", *, field_selector: str = "", metadata_only: bool = False
    ) -> Listing:
        """As `list`, with the resource version."""
        query = {"limit": _PAGE, "labelSelector": label_selector, "fieldSelector": field_selector}
        accept = _METADATA_LIST if metadata_only else JSON
        items: Items = []
        while True:
            try:
                page = self.request("GET", path, query=query, accept=accept)
            except ApiError as error:
                if error.status != 410 or "continue" not in query:
                    raise
                # the page token expired: start again, a half-old list is no list
                items, query = [], {k: v for k, v in query.items() if k != "continue"}
                continue
            kind = str(page.get("kind", "")).removesuffix("List")
            defaults = {} if metadata_only else {"apiVersion": page.get("apiVersion", ""), "kind": kind}
            items += [{**defaults, **item} for item in page.get("items") or ()]
            metadata = page.get("metadata") or {}
            if not metadata.get("continue"):
                return Listing(items, metadata.get("resourceVersion", ""))
            query["continue"] = metadata["continue"]

    def create(
        self,
        path: str,
        obj: Object,
        *,
        field_manager: str = "",
        dry_run: bool = False,
        field_validation: str = "",
    ) -> Object:
        """POST to the collection at `path`; `field_validation`: `Ignore`, `Warn` (default) or `Strict`."""
        query = _write(field_manager, dry_run=dry_run) | {"fieldValidation": field_validation}
        return self._object("POST", path, query=query, body=obj)

    def replace(self, path: str, obj: Object, *, field_manager: str = "", dry_run: bool = False) -> Object:
        """PUT the whole object; with a resourceVersion in it, only over that very version."""
        return self._object("PUT", path, query=_write(field_manager, dry_run=dry_run), body=obj)

    def apply(
        self, path: str, obj: Object, *, field_manager: str, force: bool = False, dry_run: bool = False
    ) -> Object:
        """Server-side apply; without `force` a field of another manager is an ApiError with status 409."""
        query = _write(field_manager, dry_run=dry_run) | {"force": "true" if force else ""}
        return self._object("PATCH", path, query=query, body=obj, content_type=APPLY_PATCH)

    def patch(
        self,
        path: str,
        patch: Any,
        *,
        content_type: str = MERGE_PATCH,
        field_manager: str = "",
        dry_run: bool = False,
    ) -> Object:
        """A JSON merge patch, or another kind of patch by its `content_type`."""
        query = _write(field_manager, dry_run=dry_run)
        return self._object("PATCH", path, query=query, body=patch, content_type=content_type)

    def delete(
        self, path: str, *, propagation: str = "Background", uid: str = "", dry_run: bool = False
    ) -> Object:
        """Delete the object, only the one with `uid` when given; `propagation` as in DeleteOptions."""
        options: Object = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation}
        if uid:
            options["preconditions"] = {"uid": uid}
        return self._object("DELETE", path, query=_write("", dry_run=dry_run), body=options)

    def watch(
        self,
        path: str,
        resource_version: str = "",
        timeout: float = 300.0,
        *,
        label_selector: str = "",
        field_selector: str = "",
    ) -> Iterator[Event]:
        """Changes of a collection after `resource_version`, for at most `timeout` seconds.

        An expired resource version is an ApiError with status 410: list again.
        """
        query = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": resource_version,
            "timeoutSeconds": str(max(1, int(timeout))),
            "labelSelector": label_selector,
            "fieldSelector": field_selector,
        }
        response = self._transport.send(Request("GET", path, query, timeout=timeout + 30, stream=True))
        rest = b""
        try:
            for chunk in response.stream(65536):
                *lines, rest = (rest + chunk).split(b"\n")
                for line in filter(None, lines):
                    event = msgspec.json.decode(line)
                    if event["type"] == "ERROR":
                        raise from_response(event["object"].get("code", 500), event["object"], path)
                    yield Event(event["type"], event["object"])
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise Unreachable(self.server, why(error), sent=True) from None
        finally:
            response.close()

    def lines(self, path: str, query: Mapping[str, Any], timeout: float) -> Iterator[str]:
        """The lines of a text as they come, such as a pod's log; ends after `timeout` seconds without one."""
        response = self._transport.send(Request("GET", path, query, timeout=timeout, stream=True))
        rest = b""
        try:
            for chunk in response.stream(65536):
                *lines, rest = (rest + chunk).split(b"\n")
                yield from (line.decode(errors="replace") for line in lines)
            if rest:
                yield rest.decode(errors="replace")
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise Unreachable(self.server, why(error), sent=True) from None
        finally:
            response.close()

    def server_time(self) -> float:
        """The server's clock, in seconds since 1970, as its answers are dated."""
        response = self._transport.send(Request("GET", "/version", timeout=self._timeout))
        date = response.headers.get("date")
        if not date:
            raise Unreachable(self.server, "its answers are not dated", sent=True)
        return parsedate_to_datetime(date).timestamp()

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        content_type: str = JSON,
        accept: str = JSON,
        timeout: float | None = None,
    ) -> Any:
        """Any call: decoded JSON out, or text if it is not JSON; empty `query` values are left out."""
        request = Request(method, path, query or {}, body, content_type, accept, timeout or self._timeout)
        response = self._transport.send(request)
        self._pass_on_warnings(response)
        return decoded(response.data)

    def _object(self, method: str, path: str, **call: Any) -> Object:
        answer = self.request(method, path, **call)
        if not isinstance(answer, dict):
            raise Unreachable(self.server, f"{method} {path} was not answered with a Kubernetes object")
        return answer

    def _pass_on_warnings(self, response: urllib3.BaseHTTPResponse) -> None:
        if self._warn and "warning" in response.headers:
            for header in response.headers.getlist("warning"):
                self._warn(header.split('"')[1] if header.count('"') > 1 else header)


def _write(field_manager: str, *, dry_run: bool) -> dict[str, str]:
    return {"fieldManager": field_manager, "dryRun": "All" if dry_run else ""}
