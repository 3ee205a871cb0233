"""Servers for tests that speak Git as the world does: https with a token, ssh with a key, and silence."""

import asyncio
import base64
import os
import shlex
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import asyncssh

LOOPBACK = "127.0.0.1"
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_HTTP_EXPORT_ALL": "1",
}


@dataclass
class HttpsServer:
    """Repositories below a folder, over https.

    Attributes:
        folder: what is served.
        token: who has it may read; "" lets everybody in.
        moved_to: an address that every request is sent on to.
        refusal: what the body of a refusal says; the request's own credential stands for `{credential}`.
        port: where it listens, once it does.
        credentials: the Authorization header of each request.
        command_lines: of every process of this machine, at the time of each request.
    """

    folder: Path
    token: str = ""
    moved_to: str = ""
    refusal: str = ""
    port: int = 0
    credentials: list[str] = field(default_factory=list)
    command_lines: list[str] = field(default_factory=list)

    def url(self, repository: str) -> str:
        return f"https://{LOOPBACK}:{self.port}/{repository}"


@contextmanager
def https_server(server: HttpsServer, pki: Path) -> Iterator[HttpsServer]:
    """Serve until the block ends, as the certificate and key `apiserver` of a folder."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pki / "apiserver.crt", pki / "apiserver.key")
    listener = _QuietServer((LOOPBACK, 0), type("Handler", (_Git,), {"served": server}))
    listener.socket = tls.wrap_socket(listener.socket, server_side=True, do_handshake_on_connect=False)
    server.port = listener.server_port
    thread = threading.Thread(target=listener.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown()
        thread.join()
        listener.server_close()


class _QuietServer(ThreadingHTTPServer):
    """A client that hangs up over the certificate is no news."""

    def handle_error(self, request, client_address):
        del request, client_address


class _Git(BaseHTTPRequestHandler):
    served: HttpsServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        served, credential = self.served, self.headers.get("Authorization", "")
        question = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        served.credentials.append(credential)
        served.command_lines.append(command_lines())
        expected = base64.b64encode(f"git:{served.token}".encode()).decode()
        if served.moved_to:
            self._answer(301, {"Location": served.moved_to + self.path}, b"")
        elif served.token and credential != f"Basic {expected}":
            told = served.refusal.format(credential=credential).encode()
            self._answer(401, {"WWW-Authenticate": "Basic", "Content-Type": "text/plain"}, told)
        else:
            self._answer(*self._backend(question))

    do_POST = do_GET  # noqa: N815 (the name that http.server looks for)

    def _answer(self, status, headers, body):
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _backend(self, question):
        """The answer of Git's own server, which speaks CGI."""
        path, _, query = self.path.partition("?")
        variables = {
            "GIT_PROJECT_ROOT": str(self.served.folder),
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(question)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        done = subprocess.run(
            ["git", "http-backend"],
            env={**ENVIRONMENT, **variables},
            input=question,
            capture_output=True,
            check=False,
        )
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
        return int(headers.pop("Status", "200").split()[0]), headers, body


def command_lines():
    """What `ps` would show to everybody."""
    shown = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            shown.append(file.read_text(errors="replace"))
        except OSError:  # it has ended
            continue
    return "\n".join(shown)


@dataclass(frozen=True)
class SshServer:
    """Where it listens, and the line that makes it known."""

    port: int
    known_hosts: str


@contextmanager
def ssh_server(authorized: Path) -> Iterator[SshServer]:
    """Serve every repository of this machine over ssh to whoever has the private key of a public one."""
    host_key = asyncssh.generate_private_key("ssh-ed25519")
    started = Future()

    async def serve():
        listening = asyncssh.listen(
            LOOPBACK,
            0,
            server_host_keys=[host_key],
            authorized_client_keys=str(authorized),
            process_factory=_upload_pack,
            encoding=None,
        )
        async with listening as listener:
            ended = asyncio.Event()
            started.set_result((asyncio.get_running_loop(), ended, listener.get_port()))
            await ended.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    loop, ended, port = started.result(timeout=10)
    try:
        yield SshServer(port, f"[{LOOPBACK}]:{port} {host_key.export_public_key().decode()}")
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(10)


async def _upload_pack(client):
    program, folder = shlex.split(client.command)
    assert program == "git-upload-pack"
    pipe = asyncio.subprocess.PIPE
    git = await asyncio.create_subprocess_exec(
        "git",
        "upload-pack",
        folder,
        env={**ENVIRONMENT, **client.env},
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
    )
    questions = asyncio.create_task(_copy(client.stdin, git.stdin, last=True))
    await asyncio.gather(_copy(git.stdout, client.stdout), _copy(git.stderr, client.stderr))
    questions.cancel()
    await asyncio.gather(questions, return_exceptions=True)
    client.exit(await git.wait())


async def _copy(source, sink, *, last=False):
    while chunk := await source.read(1 << 16):
        sink.write(chunk)
        await sink.drain()
    if last:
        sink.close()


@contextmanager
def silent_server() -> Iterator[int]:
    """A port where connections are taken and nothing is ever said."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        yield listener.getsockname()[1]
