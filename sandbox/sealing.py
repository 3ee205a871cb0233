"""The demo's own secrets: made up on this machine, and sealed for the keys of its stacks."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitops.secrets.files import as_text
from gitops.secrets.making import as_pem, generated
from gitops.secrets.renew import sealed_for_all
from gitops.secrets.scope import Scope
from gitops.secrets.sealed import seal_secret
from sandbox.controlplane.records import replace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox.controlplane.layout import Home

_INFRASTRUCTURE, _APPS = "k8s/01-infrastructure", "k8s/02-apps"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One Secret of the example; `…` in a value is made up."""

    file: str
    application: str
    name: str
    values: tuple[tuple[str, str], ...]


_WANTED = (
    _Wanted(
        f"{_INFRASTRUCTURE}/10-postgresql/credentials.yaml",
        "postgresql",
        "postgresql-credentials",
        (("username", "postgres"), ("password", "…")),
    ),
    _Wanted(f"{_APPS}/mealie/database.yaml", "mealie", "mealie-database", (("password", "…"),)),
    _Wanted(
        f"{_APPS}/miniflux/database.yaml",
        "miniflux",
        "miniflux-database",
        (("url", "postgres://miniflux:…@postgresql.postgresql/miniflux"),),
    ),
    _Wanted(f"{_APPS}/nextcloud/database.yaml", "nextcloud", "nextcloud-database", (("password", "…"),)),
    _Wanted(f"{_APPS}/paperless/database.yaml", "paperless", "paperless-database", (("password", "…"),)),
    _Wanted(f"{_APPS}/paperless/secret-key.yaml", "paperless", "paperless", (("secret-key", "…"),)),
    _Wanted(f"{_APPS}/vaultwarden/admin.yaml", "vaultwarden", "vaultwarden", (("admin-token", "…"),)),
)


def sealed_files(home: Home, stacks: Sequence[str]) -> Mapping[str, str]:
    """The example's sealed files by path, and a key ring for each stack; made once, and the same ever after."""
    kept = home.sealed
    if kept.is_file() and all(home.key_ring(stack).is_file() for stack in stacks):
        found: dict[str, str] = json.loads(kept.read_text())
        return found
    pairs = {stack: generated() for stack in stacks}
    certificates = {stack: pair.certificate for stack, pair in pairs.items() if pair.certificate}
    first, *others = stacks
    files = {}
    for wanted in _WANTED:
        labels = {
            "app.kubernetes.io/name": wanted.application,
            "app.kubernetes.io/part-of": "homelab",
        }
        metadata = {"name": wanted.name, "namespace": wanted.application, "labels": labels}
        values = {key: text.replace("…", secrets.token_urlsafe(24)).encode() for key, text in wanted.values}
        done = seal_secret(
            {"metadata": metadata, "type": "Opaque"}, values, Scope.STRICT, certificates[first]
        )
        done["metadata"]["labels"] = labels
        more = {stack: certificates[stack] for stack in others}
        files[wanted.file] = as_text([sealed_for_all(done, values, certificates[first], more)])
    for stack, pair in pairs.items():
        replace(home.key_ring(stack), as_pem([pair]))
    replace(kept, json.dumps(files, indent=1))
    return files
