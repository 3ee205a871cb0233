"""Values to seal, from where people keep them: files, env files and Secret manifests."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gitops.model.errors import ConfigError, Location, NotFoundError, RefusedError
from gitops.secrets.scope import KIND
from gitops.secrets.sealed import LARGEST, plain_values
from gitops.source.yaml import YamlError, read_documents

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gitops.model.manifest import JsonObject

# Source: `IsConfigMapKey`, `IsDNS1123Subdomain` and `IsDNS1123Label` of k8s.io/apimachinery.
_KEY = re.compile(r"(?!\.{1,2}$)(?!\.\.)[-._a-zA-Z0-9]{1,253}")
_PART = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_NAME = re.compile(rf"(?=.{{1,253}}$){_PART}(\.{_PART})*")
_NAMESPACE = re.compile(rf"(?=.{{1,63}}$){_PART}")
NAME_STEP = "give one with lower-case letters, digits, '-' and '.'"


def secrets_in(content: bytes, name: str) -> list[JsonObject]:
    """The Secrets of a YAML or JSON text; `name` is what errors call it.

    Raises:
        ConfigError: there is none, or something else is there too.
    """
    try:
        documents = read_documents(content)
    except YamlError as error:
        raise ConfigError(f"no YAML: {_shape(error)}", where=Location(name, error.line)) from None
    found: list[JsonObject] = []
    for document in documents:
        for body in _items(document.body):
            where = Location(name, document.line)
            kind = body.get("kind") if isinstance(body, dict) else None
            if kind == KIND:
                raise ConfigError("is sealed already", where=where, next_step="give the Secret in clear")
            if not isinstance(body, dict) or kind != "Secret" or not isinstance(body.get("metadata"), dict):
                raise ConfigError("is no Secret with metadata", where=where, next_step="give only Secrets")
            for field in ("data", "stringData"):
                if not isinstance(body.get(field) or {}, dict):
                    raise ConfigError(f"{field} is no mapping", where=where, next_step=f"mend {field}")
            found.append(body)
    if not found:
        raise ConfigError(f"{name} holds no Secret", next_step="give a Secret as YAML or JSON")
    return found


def _items(body: Any) -> Iterable[Any]:
    match body:
        case {"kind": "List" | "SecretList", "items": [*items]}:
            return items
    return [body]


def _shape(error: YamlError) -> str:
    """What is wrong, without what the text says: it may be a secret."""
    return re.sub(r"'[^']*'|\"[^\"]*\"", "…", str(error))


def env_values(content: bytes, name: str) -> Iterator[tuple[str, bytes]]:
    """Keys and values of lines `KEY=VALUE`, as `kubectl create secret --from-env-file` reads them.

    Raises:
        ConfigError: a line is none of these.
    """
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise ConfigError(
            f"{name} is not UTF-8 text", next_step="use --from-file for binary values"
        ) from None
    for number, line in enumerate(lines, 1):
        text = line.lstrip()
        if not text or text.startswith("#"):
            continue
        key, sign, value = text.partition("=")
        if not sign:
            raise ConfigError("a line is not KEY=VALUE", where=Location(name, number))
        yield key, value.encode()


def file_value(argument: str) -> tuple[str, Path]:
    """The key and the path in `KEY=PATH` or `PATH`, whose key is the file's name."""
    key, sign, path = argument.partition("=")
    file = Path(path if sign else key)
    return (key if sign else file.name), file


def read_file(path: Path) -> bytes:
    """The content of a file that holds a secret.

    Raises:
        NotFoundError: it is not there.
        ConfigError: it can't be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise NotFoundError(f"there is no file {path}", next_step="mend the path") from None
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {error.strerror}") from None


def together(sources: Iterable[Iterable[tuple[str, bytes]]]) -> dict[str, bytes]:
    """All values by key.

    Raises:
        ConfigError: a key is there twice or is none that a Secret may have, or there is nothing.
        RefusedError: it is more than a Secret may hold.
    """
    values: dict[str, bytes] = {}
    for source in sources:
        for key, value in source:
            if not _KEY.fullmatch(key):
                raise ConfigError(
                    f"{key!r} can't be a key of a Secret", next_step="use letters, digits, - _ and ."
                )
            if key in values:
                raise ConfigError(f"key {key!r} is given twice", next_step="give it once")
            values[key] = value
    size = sum(map(len, values.values()))
    if size > LARGEST:
        raise RefusedError(
            f"the values are {size} bytes together; a Secret holds {LARGEST} at most",
            next_step="split it into several Secrets",
        )
    return values


def from_secret(secret: JsonObject) -> Iterator[tuple[str, bytes]]:
    """The values of a Secret."""
    yield from plain_values(secret).items()


def checked_name(name: Any, namespace: Any, *, namespaced: bool) -> None:
    """Refuse what the API server would refuse as a Secret's name or namespace.

    Raises:
        ConfigError: one of them is missing or none.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ConfigError(f"{name!r} can't be the name of a Secret", next_step=NAME_STEP)
    if (namespace or namespaced) and (not isinstance(namespace, str) or not _NAMESPACE.fullmatch(namespace)):
        raise ConfigError(
            f"{namespace!r} can't be a namespace" if namespace else f"Secret {name} has no namespace",
            next_step="give --namespace: what is sealed is bound to it",
        )
