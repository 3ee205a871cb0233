"""The Kubernetes API over one pool of kept-alive connections: plain objects in, plain objects out.

Verbs and media types are those of the Kubernetes API conventions. Every call is safe to make from any thread.
"""

from __future__ import annotations

import ssl
import tempfile
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

import msgspec
import urllib3

from gitops.cluster.credentials import Credentials
from gitops.cluster.errors import ApiError, DeniedError, Unreachable, from_response
from gitops.model.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gitops.cluster.kubeconfig import Access

__all__ = ["ApiError", "Client", "DeniedError", "Event", "Listing", "Object", "Unreachable"]

Object = dict[str, Any]
Items = list[Object]

JSON = "application/json"
APPLY_PATCH = "application/apply-patch+yaml"
MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
_METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
_BRIEFLY = 1.2
_BUSY = 5
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

    `pool` is the number of connections kept open, `timeout` the seconds to wait for an answer; `warn` is
    given every warning that the server sends beside an answer. A server that has answered once and then can't be
    reached is given `patience` seconds to come back, since it is probably being restarted.

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
        self._credentials = Credentials(access)
        self._timeout = timeout
        self._warn = warn
        self._patience = patience
        self._answered = False
        options: dict[str, Any] = {"num_pools": 2, "maxsize": pool, "retries": False}
        if access.server.startswith("https:"):
            options["ssl_context"] = _tls(access, self._credentials)
            if access.insecure:  # chosen in the kubeconfig, so not worth a line for every request
                urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
            if access.tls_server_name:
                options |= {
                    "server_hostname": access.tls_server_name,
                    "assert_hostname": access.tls_server_name,
                }
        self._http: urllib3.PoolManager = (
            urllib3.ProxyManager(access.proxy, **options) if access.proxy else urllib3.PoolManager(**options)
        )

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
        response = self._send(
            "GET",
            path,
            query=query,
            body=None,
            content_type=JSON,
            accept=JSON,
            timeout=timeout + 30,
            stream=True,
        )
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
            raise Unreachable(self.server, _why(error), sent=True) from None
        finally:
            response.close()

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
        response = self._send(
            method,
            path,
            query=query or {},
            body=body,
            content_type=content_type,
            accept=accept,
            timeout=timeout or self._timeout,
        )
        return _decoded(response.data)

    def _object(self, method: str, path: str, **call: Any) -> Object:
        answer = self.request(method, path, **call)
        if not isinstance(answer, dict):
            raise Unreachable(self.server, f"{method} {path} was not answered with a Kubernetes object")
        return answer

    def _send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any],
        body: Any,
        content_type: str,
        accept: str,
        timeout: float,
        stream: bool = False,
    ) -> urllib3.BaseHTTPResponse:
        asked = urlencode({k: v for k, v in query.items() if v not in {"", None}})
        url = f"{self.server}{path}{'?' if asked else ''}{asked}"
        content = None if body is None else msgspec.json.encode(body)
        pause, busy, renewed, since = _FIRST_PAUSE, _BUSY, False, time.monotonic()
        while True:
            identity = self._credentials.headers()
            headers = {"accept": accept, "user-agent": "pulumi-gitops", **identity}
            if content is not None:
                headers["content-type"] = content_type
            try:
                response = self._http.request(
                    method,
                    url,
                    body=content,
                    headers=headers,
                    timeout=urllib3.Timeout(connect=min(10.0, timeout), read=timeout),
                    preload_content=not stream,
                    redirect=False,
                )
            except (urllib3.exceptions.HTTPError, OSError) as error:
                sent = not isinstance(error, urllib3.exceptions.NewConnectionError)
                patience = max(_BRIEFLY, self._patience if self._answered else 0)
                # only a POST does something else when it is sent twice
                is_final = _hopeless(error) or (sent and method == "POST")
                if is_final or time.monotonic() + pause > since + patience:
                    raise Unreachable(self.server, _why(error), sent=sent) from None
                time.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
                continue
            self._answered = True
            if response.status < 300:
                self._pass_on_warnings(response)
                return response
            answer = _decoded(response.data)
            if response.status == 401 and not renewed and self._credentials.renew(identity):
                renewed = True
                continue
            # the server asks for patience, not for another request: nothing has been done yet
            if response.status in {429, 503} and busy and "retry-after" in response.headers:
                busy -= 1
                time.sleep(min(10.0, float(response.headers["retry-after"] or 1)))
                continue
            raise from_response(response.status, answer, path, body)

    def _pass_on_warnings(self, response: urllib3.BaseHTTPResponse) -> None:
        if self._warn and "warning" in response.headers:
            for header in response.headers.getlist("warning"):
                self._warn(header.split('"')[1] if header.count('"') > 1 else header)


def _write(field_manager: str, *, dry_run: bool) -> dict[str, str]:
    return {"fieldManager": field_manager, "dryRun": "All" if dry_run else ""}


def _decoded(data: bytes) -> Any:
    try:
        return msgspec.json.decode(data) if data else {}
    except msgspec.DecodeError:
        return data.decode(errors="replace")


def _tls(access: Access, credentials: Credentials) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cadata=access.ca or None)
        if access.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if credentials.client_certificate:
            # OpenSSL reads a key from a file only: a private one, gone as soon as it is read
            with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
                file.write(f"{credentials.client_certificate}\n{credentials.client_key}\n")
                file.flush()
                context.load_cert_chain(file.name)
    except (ssl.SSLError, ValueError):
        raise ConfigError(
            f"the certificates of the kubeconfig context {access.context!r} can't be read as PEM",
            next_step="export the kubeconfig again",
        ) from None
    return context


def _hopeless(error: Exception) -> bool:
    """A certificate that is wrong now is wrong a second later; a name that is unknown stays unknown."""
    return isinstance(error, urllib3.exceptions.SSLError | urllib3.exceptions.NameResolutionError)


def _why(error: Exception) -> str:
    inner: BaseException = error
    while inner.__cause__ or inner.__context__:
        inner = inner.__cause__ or inner.__context__ or inner
    if isinstance(error, urllib3.exceptions.TimeoutError) and not isinstance(
        error, urllib3.exceptions.NewConnectionError
    ):
        return "no answer in time"
    return str(getattr(inner, "strerror", "") or inner)
