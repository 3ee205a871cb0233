"""Live objects in an application's namespace that no application states, where its project asks to be told of them.

What Argo CD passes over, it passes over too: `controller` in its package of the same name.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from gitops.cluster.survey import is_copy
from gitops.model.keys import STACK_LABEL

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from gitops.cluster.client import Object
    from gitops.model.application import Application
    from gitops.model.keys import ObjectKey
    from gitops.model.project import KindPattern

# What a cluster makes in every namespace, or of itself.
_STANDING = frozenset((("", "ServiceAccount", "default"), ("", "ConfigMap", "kube-root-ca.crt")))
_API = ("", "Service", "default", "kubernetes")


def is_asked_for(application: Application) -> bool:
    """Whether the application's project wants to be told of objects of nobody."""
    return application.orphans is not None and application.orphans.warn


def unowned(
    application: Application, wanted: Collection[ObjectKey], everything: Mapping[ObjectKey, Object]
) -> tuple[ObjectKey, ...]:
    """The objects of nobody in the application's namespace, sorted; none where nobody asked for them.

    `everything` is all that lives without an owner, `wanted` is what any application states. What another stack has
    is not nobody's; a copy of an object is.
    """
    if application.orphans is None or not application.orphans.warn:
        return ()
    ignored = application.orphans.ignored
    return tuple(
        sorted(
            key
            for key, item in everything.items()
            if key.namespace == application.namespace != ""
            and key not in wanted
            and not _is_standing(key)
            and not _has_stack(key, item)
            and not any(_means(pattern, key) for pattern in ignored)
        )
    )


def _is_standing(key: ObjectKey) -> bool:
    return (key.group, key.kind, key.name) in _STANDING or (
        key.group, key.kind, key.namespace, key.name
    ) == _API  # fmt: skip


def _has_stack(key: ObjectKey, item: Object) -> bool:
    return STACK_LABEL in (item["metadata"].get("labels") or {}) and not is_copy(key, item)


def _means(pattern: KindPattern, key: ObjectKey) -> bool:
    return (
        fnmatchcase(key.kind, pattern.kind or "*")
        and fnmatchcase(key.group, pattern.group)
        and fnmatchcase(key.name, pattern.name or "*")
    )
