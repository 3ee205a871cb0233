"""A kubeconfig becomes the facts needed to reach one cluster.

The format is the `v1` `Config` of client-go (k8s.io/client-go/tools/clientcmd/api/v1).
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from gitops.model.errors import ConfigError

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_EXEC_VERSION = "client.authentication.k8s.io/v1"
_LISTS = {"clusters": "cluster", "contexts": "context", "users": "user"}


@dataclass(frozen=True, slots=True)
class ExecPlugin:
    """A program that prints an `ExecCredential`; started from an argument list, never by a shell."""

    command: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()
    api_version: str = _EXEC_VERSION
    install_hint: str = ""


@dataclass(frozen=True, slots=True)
class Access:
    """Where a cluster is and how to prove who we are; certificates and keys are PEM text."""

    server: str
    context: str = ""
    namespace: str = "default"
    ca: str = ""
    client_certificate: str = ""
    client_key: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    token_file: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    exec_plugin: ExecPlugin | None = None
    insecure: bool = False
    tls_server_name: str = ""
    proxy: str = field(default="", repr=False)


def load(path_or_text: str | None = None, context: str | None = None) -> Access:
    """Read the access to one cluster.

    `path_or_text` is a path, a list of paths joined as in $KUBECONFIG, the text of a kubeconfig, or None
    for $KUBECONFIG, then `~/.kube/config`, then the service account of the pod we run in. `context` is a
    context's name, or None for the current one.

    Raises ConfigError, which names the file and the context and lists the contexts that there are.
    """
    if path_or_text and ("\n" in path_or_text or path_or_text.lstrip().startswith("{")):
        return _access(
            _entries(path_or_text, "the given kubeconfig text", Path.cwd()), context, "the given text"
        )
    given = path_or_text or os.environ.get("KUBECONFIG") or ""
    paths = [Path(p).expanduser() for p in given.split(os.pathsep) if p] or [Path.home() / ".kube" / "config"]
    present = [p for p in paths if p.is_file()]
    source = os.pathsep.join(map(str, paths))
    if not present:
        if not given and context is None and (_SERVICE_ACCOUNT / "token").is_file():
            return _in_cluster()
        raise ConfigError(
            f"there is no kubeconfig at {source}",
            next_step="set `kubeconfig` in the stack file or $KUBECONFIG to a file that exists",
        )
    merged: dict[str, Any] = {"clusters": {}, "contexts": {}, "users": {}, "current-context": ""}
    for path in present:
        for key, value in _entries(_text(path), str(path), path.parent).items():
            # the first file that names an entry wins, as in kubectl
            merged[key] = {**value, **merged[key]} if isinstance(value, dict) else merged[key] or value
    return _access(merged, context, source)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"the kubeconfig {path} can't be read: {error}", next_step="check the file and its permissions"
        ) from None


def _entries(text: str, source: str, directory: Path) -> dict[str, Any]:
    """The named entries of one file; each entry remembers the file's directory, for relative paths."""
    try:
        content = json.loads(text) if text.lstrip().startswith("{") else yaml.load(text, _LOADER)  # noqa: S506
    except (yaml.YAMLError, ValueError) as error:
        # the parser's own text may quote the file, and the file holds credentials
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else getattr(error, "lineno", 0)
        raise _wrong(f"{source}:{line}" if line else source, "it is neither YAML nor JSON") from None
    if not isinstance(content, dict):
        raise _wrong(source, "it is not a mapping")
    entries: dict[str, Any] = {"current-context": content.get("current-context") or ""}
    for plural, singular in _LISTS.items():
        items = content.get(plural) or []
        if not isinstance(items, list) or not all(
            isinstance(i, dict) and isinstance(i.get("name"), str) for i in items
        ):
            raise _wrong(source, f"`{plural}` is not a list of named entries")
        entries[plural] = {}
        for item in items:
            body = item.get(singular) or {}
            if not isinstance(body, dict):
                raise _wrong(source, f"`{singular}` of {item['name']} is not a mapping")
            entries[plural].setdefault(item["name"], {**body, "": directory})
    return entries


def _access(entries: dict[str, Any], context: str | None, source: str) -> Access:
    name = context or entries["current-context"]
    known = ", ".join(sorted(entries["contexts"])) or "none"
    if name not in entries["contexts"]:
        what = f"has no context {name!r}" if name else "names no current context"
        raise _wrong(source, f"it {what}; its contexts are: {known}", "set `context` to one of them")
    chosen = entries["contexts"][name]
    cluster = entries["clusters"].get(chosen.get("cluster"))
    user = entries["users"].get(chosen.get("user"), {"": Path.cwd()} if not chosen.get("user") else None)
    where = f"{source}, context {name}"
    if cluster is None:
        raise _wrong(where, f"it names the cluster {chosen.get('cluster')!r}, which is not there")
    if user is None:
        raise _wrong(where, f"it names the user {chosen.get('user')!r}, who is not there")
    server = cluster.get("server")
    if not isinstance(server, str) or not server.startswith(("http://", "https://")):
        raise _wrong(where, "`server` is not an http(s) address")
    token_file = user.get("tokenFile") or ""
    return Access(
        server=server.rstrip("/"),
        context=name,
        namespace=chosen.get("namespace") or "default",
        ca=_pem(cluster, "certificate-authority", where),
        client_certificate=_pem(user, "client-certificate", where),
        client_key=_pem(user, "client-key", where),
        token=str(user.get("token") or ""),
        token_file=str(user[""] / token_file) if token_file else "",
        username=str(user.get("username") or ""),
        password=str(user.get("password") or ""),
        exec_plugin=_exec_plugin(user, where),
        insecure=bool(cluster.get("insecure-skip-tls-verify")),
        tls_server_name=cluster.get("tls-server-name") or "",
        proxy=cluster.get("proxy-url") or "",
    )


def _pem(entry: dict[str, Any], key: str, where: str) -> str:
    data, path = entry.get(f"{key}-data"), entry.get(key)
    if data:
        try:
            return base64.b64decode(data, validate=False).decode()
        except (binascii.Error, UnicodeDecodeError, TypeError, ValueError):
            raise _wrong(where, f"`{key}-data` is not base64 of a PEM text") from None
    return _text(entry[""] / path) if path else ""


def _exec_plugin(user: dict[str, Any], where: str) -> ExecPlugin | None:
    spec = user.get("exec")
    if not spec:
        return None
    if not isinstance(spec, dict) or not isinstance(spec.get("command"), str):
        raise _wrong(where, "`exec` names no command")
    command = spec["command"]
    # a command with a slash is relative to the kubeconfig, a bare name is looked up on PATH
    program = str(user[""] / command) if "/" in command else command
    pairs = tuple(
        (str(e.get("name")), str(e.get("value"))) for e in spec.get("env") or () if isinstance(e, dict)
    )
    return ExecPlugin(
        (program, *map(str, spec.get("args") or ())),
        pairs,
        spec.get("apiVersion") or _EXEC_VERSION,
        str(spec.get("installHint") or ""),
    )


def _in_cluster() -> Access:
    host, port = (
        os.environ.get("KUBERNETES_SERVICE_HOST", ""),
        os.environ.get("KUBERNETES_SERVICE_PORT", "443"),
    )
    namespace = _SERVICE_ACCOUNT / "namespace"
    return Access(
        server=f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}",
        context="in-cluster",
        namespace=_text(namespace).strip() if namespace.is_file() else "default",
        ca=_text(_SERVICE_ACCOUNT / "ca.crt"),
        token_file=str(_SERVICE_ACCOUNT / "token"),
    )


def _wrong(where: str, why: str, next_step: str = "mend the kubeconfig, or name another one") -> ConfigError:
    return ConfigError(f"the kubeconfig ({where}) can't be used: {why}", next_step=next_step)
