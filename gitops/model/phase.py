"""The phases of a sync, and when a hook's object is deleted, in Argo CD's words."""

from __future__ import annotations

from enum import StrEnum

HOOK, HELM_HOOK = "argocd.argoproj.io/hook", "helm.sh/hook"
# Helm once marked definitions as hooks; nobody treats them as such any more.
CRD_INSTALL = "crd-install"


class Phase(StrEnum):
    """In the order in which they come; the last three belong to a failure and to the application's end."""

    PRE_SYNC = "PreSync"
    SYNC = "Sync"
    POST_SYNC = "PostSync"
    SYNC_FAIL = "SyncFail"
    PRE_DELETE = "PreDelete"
    POST_DELETE = "PostDelete"


ORDER = tuple(Phase)
SYNC_PHASES = frozenset((Phase.PRE_SYNC, Phase.SYNC, Phase.POST_SYNC))


class DeletePolicy(StrEnum):
    """When the object that a hook made is deleted."""

    BEFORE_HOOK_CREATION = "BeforeHookCreation"
    HOOK_SUCCEEDED = "HookSucceeded"
    HOOK_FAILED = "HookFailed"


def is_hook(annotations: object) -> bool:
    """Whether these are the annotations of an object that is no lasting part of its application."""
    if not isinstance(annotations, dict):
        return False
    return HOOK in annotations or annotations.get(HELM_HOOK, CRD_INSTALL) != CRD_INSTALL
