"""Requests on their way to one API server: connections, TLS, credentials, and patience with a server that is busy."""

from __future__ import annotations

import ssl
import tempfile
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import msgspec
import urllib3

from gitops.cluster.credentials import Credentials
from gitops.cluster.errors import Unreachable, from_response
from gitops.model.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitops.cluster.kubeconfig import Access

JSON = "application/json"
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
_BRIEFLY = 1.2
_BUSY = frozenset({429, 503})
_TIMES_BUSY = 5
# what a server says while it, or the etcd behind it, goes down or comes up
_PASSING = ("connect: connection refused", "etcdserver:")


@dataclass(frozen=True, slots=True)
class Request:
    """One request; empty values of `query` are left out, `timeout` is in seconds."""

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    content_type: str = JSON
    accept: str = JSON
    timeout: float = 60.0
    stream: bool = False

    @property
    def can_be_repeated(self) -> bool:
        """Only a POST does something else when it is sent twice."""
        return self.method != "POST"

    @property
    def target(self) -> str:
        """Path and query."""
        asked = urlencode({k: v for k, v in self.query.items() if v not in {"", None}})
        return f"{self.path}?{asked}" if asked else self.path


class Transport:
    """The way to one server; safe to use from any thread.

    A server that has answered once and then can't be reached is given `patience` seconds to come back, since it is
    probably being restarted.
    """

    def __init__(self, access: Access, *, pool: int, patience: float) -> None:
        self.server = access.server
        self._credentials = Credentials(access)
        self._patience = patience
        self._answered = False
        options: dict[str, Any] = {"num_pools": 2, "maxsize": pool, "retries": False}
        if access.server.startswith("https:"):
            options["ssl_context"] = _tls(access, self._credentials)
            if access.insecure:  # chosen in the kubeconfig, so not worth a line for every request
                urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
            if access.tls_server_name:
                name = access.tls_server_name
                options |= {"server_hostname": name, "assert_hostname": name}
        self._http: urllib3.PoolManager = (
            urllib3.ProxyManager(access.proxy, **options) if access.proxy else urllib3.PoolManager(**options)
        )

    def send(self, request: Request) -> urllib3.BaseHTTPResponse:
        """The successful response. Raises ApiError for a refusal, Unreachable when no answer came."""
        content = None if request.body is None else msgspec.json.encode(request.body)
        pause, times_busy, renewed, since = _FIRST_PAUSE, 0, False, time.monotonic()
        while True:
            identity = self._credentials.headers()
            try:
                response = self._once(request, content, identity)
            except (urllib3.exceptions.HTTPError, OSError) as error:
                sent = not isinstance(error, urllib3.exceptions.NewConnectionError)
                is_final = _hopeless(error) or (sent and not request.can_be_repeated)
                if is_final or self._is_too_late(since, pause):
                    raise Unreachable(self.server, why(error), sent=sent) from None
                time.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
                continue
            self._answered = True
            if response.status < 300:
                return response
            answer = decoded(response.data)
            if response.status == 401 and not renewed and self._credentials.renew(identity):
                renewed = True
            elif response.status in _BUSY and "retry-after" in response.headers and times_busy < _TIMES_BUSY:
                # the server asks for patience, not for another request: nothing has been done yet
                times_busy += 1
                time.sleep(_seconds(response.headers["retry-after"]))
            elif (
                _is_passing(response, answer)
                and request.can_be_repeated
                and not self._is_too_late(since, pause)
            ):
                time.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                raise from_response(response.status, answer, request.path, request.body)

    def _once(
        self, request: Request, content: bytes | None, identity: dict[str, str]
    ) -> urllib3.BaseHTTPResponse:
        headers = {"accept": request.accept, "user-agent": "pulumi-gitops", **identity}
        if content is not None:
            headers["content-type"] = request.content_type
        return self._http.request(
            request.method,
            f"{self.server}{request.target}",
            body=content,
            headers=headers,
            timeout=urllib3.Timeout(connect=min(10.0, request.timeout), read=request.timeout),
            preload_content=not request.stream,
            redirect=False,
        )

    def _is_too_late(self, since: float, pause: float) -> bool:
        patience = max(_BRIEFLY, self._patience if self._answered else 0)
        return time.monotonic() + pause > since + patience


def decoded(data: bytes) -> Any:
    """JSON, or the text of an answer that is none; nothing is an empty object."""
    try:
        return msgspec.json.decode(data) if data else {}
    except msgspec.DecodeError:
        return data.decode(errors="replace")


def why(error: Exception) -> str:
    """The innermost reason of a failed request, in the system's words."""
    inner: BaseException = error
    while inner.__cause__ or inner.__context__:
        inner = inner.__cause__ or inner.__context__ or inner
    if isinstance(error, urllib3.exceptions.TimeoutError) and not isinstance(
        error, urllib3.exceptions.NewConnectionError
    ):
        return "no answer in time"
    return str(getattr(inner, "strerror", "") or inner)


def _hopeless(error: Exception) -> bool:
    """A certificate that is wrong now is wrong a second later; a name that is unknown stays unknown.

    Anything else that goes wrong with TLS may go well the next time.
    """
    if isinstance(error, urllib3.exceptions.SSLError):
        return isinstance(error.args[0], ssl.SSLCertVerificationError)
    return isinstance(error, urllib3.exceptions.NameResolutionError)


def _is_passing(response: urllib3.BaseHTTPResponse, answer: Any) -> bool:
    message = str(answer.get("message", "")) if isinstance(answer, dict) else ""
    return response.status == 500 and any(text in message for text in _PASSING)


def _seconds(retry_after: str) -> float:
    try:
        return min(10.0, max(0.0, float(retry_after)))
    except ValueError:  # the header may also be a date
        return 1.0


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
