"""Sync options, of an Application's `syncOptions` or of an object's annotation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gitops.model.sync import SyncOptions

if TYPE_CHECKING:
    from collections.abc import Iterable

_NONE = SyncOptions()
_BOOL = {"true": True, "false": False}
_KEEP = {text: text for text in ("true", "false", "confirm")}
_PROPAGATION = {text: text for text in ("foreground", "background", "orphan")}
# Source: Argo CD's `docs/user-guide/sync-options.md` and gitops-engine's `pkg/sync/common/types.go`
_KNOWN: dict[str, tuple[str, dict[str, Any]]] = {
    "CreateNamespace": ("create_namespace", _BOOL),
    "Prune": ("prune", _KEEP),
    "Delete": ("delete", _KEEP),
    "PruneLast": ("prune_last", _BOOL),
    "Replace": ("replace", _BOOL),
    "Force": ("force", _BOOL),
    "ServerSideApply": ("server_side_apply", _BOOL),
    "ApplyOutOfSyncOnly": ("apply_out_of_sync_only", _BOOL),
    "SkipDryRunOnMissingResource": ("skip_dry_run_on_missing_resource", _BOOL),
    "RespectIgnoreDifferences": ("respect_ignore_differences", _BOOL),
    "FailOnSharedResource": ("fail_on_shared_resource", _BOOL),
    "PrunePropagationPolicy": ("propagation", _PROPAGATION),
    "Validate": ("validate", _BOOL),
    "ClientSideApplyMigration": ("client_side_apply_migration", _BOOL),
}


def read_sync_options(texts: Iterable[str], base: SyncOptions = _NONE) -> tuple[SyncOptions, tuple[str, ...]]:
    """Options from texts such as `Prune=false` over others, and what is wrong with them; the last one wins."""
    found: dict[str, Any] = {}
    complaints: list[str] = []
    for text in texts:
        name, _, value = (part.strip() for part in text.partition("="))
        if not text.strip():
            continue
        if name not in _KNOWN:
            complaints.append(f"sync option {name!r} is not known; known are {', '.join(sorted(_KNOWN))}")
            continue
        field, values = _KNOWN[name]
        if value not in values:
            complaints.append(f"sync option {name!r} is {value!r}, not {' or '.join(values)}")
            continue
        found[field] = values[value]
    return (replace(base, **found) if found else base), tuple(complaints)


def annotated_options(annotation: str, base: SyncOptions = _NONE) -> tuple[SyncOptions, tuple[str, ...]]:
    """Options from an `argocd.argoproj.io/sync-options` annotation, which has commas between them, over others."""
    return read_sync_options(annotation.split(","), base)
