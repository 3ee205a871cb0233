"""The provider's configuration: arguments, then `PULUMI_K8S_*` variables, then defaults."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gitops.cluster import kubeconfig
from gitops.model.errors import GitOpsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitops.cluster.client import Object

_TRUE = frozenset({"true", "1", "t"})
_VARIABLES = {
    "upsertExistingObjects": "PULUMI_K8S_UPSERT_EXISTING_OBJECTS",
    "enablePatchForce": "PULUMI_K8S_ENABLE_PATCH_FORCE",
    "enableConfigMapMutable": "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE",
    "enableSecretMutable": "PULUMI_K8S_ENABLE_SECRET_MUTABLE",
    "enableServerSideApply": "PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY",
    "deleteUnreachable": "PULUMI_K8S_DELETE_UNREACHABLE",
    "skipUpdateUnreachable": "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE",
    "suppressDeprecationWarnings": "PULUMI_K8S_SUPPRESS_DEPRECATION_WARNINGS",
}
_TIMEOUT = 60.0
_ACCESS = ("kubeconfig", "context", "cluster")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the provider was told; `namespace` is empty when the kubeconfig context decides."""

    kubeconfig: str = ""
    context: str = ""
    namespace: str = ""
    upsert: bool = False
    force: bool = False
    mutable: frozenset[str] = frozenset()
    server_side: bool = True
    delete_unreachable: bool = False
    skip_update_unreachable: bool = False
    quiet: bool = False
    timeout: float = _TIMEOUT


def read(arguments: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of `kubernetes:config:*` variables or of plain arguments; unknown ones are ignored."""
    given = {name.rpartition(":")[2]: value for name, value in arguments.items()}
    variables = os.environ if environment is None else environment

    def flag(name: str, default: str = "false") -> bool:
        value = given.get(name)
        text = variables.get(_VARIABLES[name], default) if value in {None, ""} else str(value)
        return text.lower() in _TRUE

    mutable = {"ConfigMap": "enableConfigMapMutable", "Secret": "enableSecretMutable"}
    return Settings(
        kubeconfig=str(given.get("kubeconfig") or ""),
        context=str(given.get("context") or ""),
        namespace=str(given.get("namespace") or ""),
        upsert=flag("upsertExistingObjects"),
        force=flag("enablePatchForce"),
        mutable=frozenset(kind for kind, name in mutable.items() if flag(name)),
        server_side=flag("enableServerSideApply", "true"),
        delete_unreachable=flag("deleteUnreachable"),
        skip_update_unreachable=flag("skipUpdateUnreachable"),
        quiet=flag("suppressDeprecationWarnings"),
        timeout=_timeout(given.get("kubeClientSettings")),
    )


def _timeout(value: Any) -> float:
    """Seconds for one request; qps and burst are accepted and need no limiter here."""
    try:
        settings = json.loads(value) if isinstance(value, str) else value or {}
        seconds = float(settings.get("timeout") or 0)
    except (ValueError, AttributeError, TypeError):
        return _TIMEOUT
    return seconds or _TIMEOUT


def difference(old: Object, new: Object) -> tuple[list[str], list[str]]:
    """(changed arguments, those that replace the provider and with it every resource).

    Only another cluster replaces: by `clusterIdentifier` when both sides have one, else by its stanza.
    """
    changed = sorted(key for key in {**old, **new} if old.get(key) != new.get(key) and key != "version")
    before, after = old.get("clusterIdentifier"), new.get("clusterIdentifier")
    if before and after:
        return changed, ["clusterIdentifier"] if before != after else []
    touched = [key for key in _ACCESS if key in changed]
    return changed, touched if touched and _cluster(old) != _cluster(new) else []


def _cluster(arguments: Object) -> tuple[str, str, str] | None:
    """What tells one cluster from another; a kubeconfig that can't be read is equal to none."""
    settings = read(arguments, {})
    try:
        access = kubeconfig.load(settings.kubeconfig or None, settings.context or None)
    except GitOpsError:
        return ("", settings.kubeconfig, settings.context)
    return access.server, access.ca, access.proxy
