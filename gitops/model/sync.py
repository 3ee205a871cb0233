"""How an application wants to be synced and compared, in Argo CD's terms."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gitops.model.keys import ObjectKey


@dataclass(frozen=True, slots=True)
class IgnoreDifference:
    """Fields that are no drift.

    Attributes:
        group: API group, or a glob; "" is the core group.
        kind: such as `Deployment`, or a glob.
        name: an object's name; "" is any.
        namespace: "" is any.
        json_pointers: RFC 6901.
        jq_expressions: jq paths, as `.spec.template.spec.initContainers[] | select(.name == "x")`.
        managers: field managers whose fields are left to them.
    """

    group: str
    kind: str
    name: str = ""
    namespace: str = ""
    json_pointers: tuple[str, ...] = ()
    jq_expressions: tuple[str, ...] = ()
    managers: tuple[str, ...] = ()

    def is_about(self, key: ObjectKey) -> bool:
        """Whether the rule is about an object; group and kind may be globs."""
        return (
            fnmatchcase(key.group, self.group)
            and fnmatchcase(key.kind, self.kind)
            and self.name in {"", key.name}
            and self.namespace in {"", key.namespace}
        )


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a failed sync is tried again.

    `limit` times (-1 is for ever), each after `min(most, first * factor**n)` seconds.
    """

    limit: int = 5
    first: float = 5.0
    factor: float = 2.0
    most: float = 180.0


@dataclass(frozen=True, slots=True)
class SyncOptions:
    """Argo CD's `syncOptions`, of an application or of one object.

    Attributes:
        create_namespace: whether a missing namespace is made.
        namespace_labels: labels of that namespace.
        namespace_annotations: annotations of that namespace.
        prune: "true", "false" or "confirm".
        delete: the same, for the end of the whole application.
        prune_last: whether pruning waits until everything else is applied and healthy.
        replace: whether objects are replaced instead of patched.
        force: whether objects are deleted and made again instead of patched.
        server_side_apply: always so here; kept to tell a "false" apart.
        apply_out_of_sync_only: whether objects that are in sync are left alone.
        skip_dry_run_on_missing_resource: whether an unknown kind is accepted until it is applied.
        respect_ignore_differences: whether ignored fields are left alone by a sync too.
        fail_on_shared_resource: whether another application's object is a failure.
        propagation: `foreground`, `background` or `orphan`; Argo CD's own default is the first.
        validate: whether the API server checks fields strictly.
        client_side_apply_migration: whether fields of `kubectl apply` change their manager.
    """

    create_namespace: bool = False
    namespace_labels: tuple[tuple[str, str], ...] = ()
    namespace_annotations: tuple[tuple[str, str], ...] = ()
    prune: str = "true"
    delete: str = "true"
    prune_last: bool = False
    replace: bool = False
    force: bool = False
    server_side_apply: bool = True
    apply_out_of_sync_only: bool = False
    skip_dry_run_on_missing_resource: bool = False
    respect_ignore_differences: bool = False
    fail_on_shared_resource: bool = False
    propagation: str = "background"
    validate: bool = True
    client_side_apply_migration: bool = True
