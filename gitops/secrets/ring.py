"""Where a stack's keys are kept, and how they are had from there."""

from __future__ import annotations

import json
import os
import resource
from pathlib import Path
from typing import TYPE_CHECKING

from gitops.model.errors import ConfigError
from gitops.secrets.keys import KeyRing, read_keys
from gitops.secrets.sops import decrypted
from gitops.secrets.values import read_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    FromCluster = Callable[[str, str], list[dict[str, Any]]]

PASSPHRASE = "GITOPS_KEY_PASSPHRASE"  # noqa: S105 - the variable's name


def load_ring(reference: str, from_cluster: FromCluster) -> KeyRing:
    """The keys that `gitops:keyRing` names: `file:PATH`, `kubernetes:NAMESPACE[/NAME]`, or their own text.

    `from_cluster` gives the Secrets of a namespace, or the one of a name, in which the cluster keeps keys.

    Raises:
        ConfigError, NotFoundError: there are none.
        AccessError: they don't open, or the cluster does not give them.
    """
    without_core_dumps()
    kind, _, place = reference.partition(":")
    if kind == "file":
        return ring_of_files((place,))
    if kind == "kubernetes":
        namespace, _, name = place.partition("/")
        content = json.dumps({"kind": "List", "items": from_cluster(namespace, name)}).encode()
        return KeyRing.of(read_keys(content, f"namespace {namespace}", password()))
    if "\n" not in reference:
        raise ConfigError(
            "gitops:keyRing is neither file:PATH nor kubernetes:NAMESPACE nor the text of keys",
            next_step="give one of these",
        )
    return KeyRing.of(read_keys(reference.encode(), "gitops:keyRing", password()))


def ring_of_files(paths: tuple[str, ...]) -> KeyRing:
    """The keys of several files. Raises as `load_ring`."""
    without_core_dumps()
    return KeyRing.of(
        pair for path in paths for pair in read_keys(decrypted(read_file(Path(path)), path), path, password())
    )


def password() -> bytes | None:
    """The passphrase of encrypted keys, from the environment."""
    text = os.environ.get(PASSPHRASE)
    return text.encode() if text else None


def without_core_dumps() -> None:
    """Let this process leave no image of its memory behind when it crashes."""
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
