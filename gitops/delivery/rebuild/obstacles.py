"""What is in the way of a rebuild: left-over locks, what is just ending, other owners, and a state that is too old."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from gitops.cluster.reading import read
from gitops.delivery.adoption import carry_out as adoption
from gitops.delivery.adoption.cluster import look as look_at_owners
from gitops.delivery.adoption.preview import preview
from gitops.delivery.rebuild.found import stack_of
from gitops.engine.forget import forget_applications
from gitops.engine.locks import clear
from gitops.model.errors import ConflictError, RefusedError, TimedOutError
from gitops.model.keys import ObjectKey
from gitops.model.partial import APPLICATION
from gitops.report.columns import counted
from gitops.secrets.deliver import SEALED
from gitops.secrets.scope import KEY_LABEL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gitops.cluster.client import Object
    from gitops.delivery.rebuild.found import Found
    from gitops.model.plan import Plan

R = TypeVar("R")
_LOOK_EVERY = 1.0


def past_left_over_lock(found: Found, work: Callable[[], R], tell: Callable[[str], None]) -> R:
    """The work; a lock that a killed run of this machine left is cleared, once."""
    try:
        return work()
    except ConflictError as error:
        if not error.left_over:
            raise
        tell("clearing the lock of a run that was killed")
        clear(found.settings.stack, found.project)
        return work()


def refuse_without_keys(found: Found, plan: Plan) -> None:
    """Stop where a controller is to open secrets and has no key: it would make one that opens none.

    Raises:
        RefusedError: no namespace has a key.
    """
    sealed = sorted(key for key in plan.keys if (key.group, key.kind) == SEALED)
    if not sealed or ("", "Secret") in found.everything.hidden:
        return
    if found.connection.client.list("/api/v1/secrets", KEY_LABEL, metadata_only=True):
        return
    more = f" and {len(sealed) - 1} more" if len(sealed) > 1 else ""
    raise RefusedError(
        f"the cluster has no key that opens {sealed[0]}{more}",
        next_step="give a backup of the keys with --keys FILE; --partial goes on, and these stay closed",
    )


def await_ending(
    found: Found, plan: Plan, timeout: float, tell: Callable[[str], None]
) -> Callable[[ObjectKey], bool]:
    """Wait until what is just ending has ended: it would take with it what is made meanwhile.

    Gives whether an object has gone in this way, by itself or with its namespace.

    Raises:
        TimedOutError: one does not end.
    """
    until = time.monotonic() + timeout
    there = found.everything.objects
    namespaces = {ObjectKey("", "Namespace", "", key.namespace) for key in plan.keys if key.namespace}
    ending = {key for key in (namespaces | plan.keys) & there.keys() if _has_end(there[key])}
    for key in sorted(ending):
        tell(f"{key} is ending; waiting until it is gone")
        while _is_ending(found, key):
            if time.monotonic() > until:
                raise TimedOutError(
                    f"{key} has not ended after {timeout:g} s",
                    next_step="its finalizers, and a namespace's status, name what holds it: kubectl get -o yaml",
                )
            time.sleep(_LOOK_EVERY)
    return lambda key: key in ending or ObjectKey("", "Namespace", "", key.namespace) in ending


def _is_ending(found: Found, key: ObjectKey) -> bool:
    live = read(found.connection.client, found.everything.path(key))
    return live is not None and _has_end(live)


def _has_end(live: Object) -> bool:
    return "deletionTimestamp" in live["metadata"]


def adopt_strangers(
    found: Found, plan: Plan, before: Mapping[ObjectKey, Object], tell: Callable[[str], None]
) -> tuple[ObjectKey, ...]:
    """Take over what lives without the stack's label, such as objects that a backup brought back.

    Raises:
        RefusedError: it is another stack's or tool's, or its pods would restart.
    """
    strangers = {key for key, item in before.items() if stack_of(item) != plan.stack}
    if not strangers:
        return ()
    cluster = look_at_owners(found.connection)
    owned = {o.manifest.application for o in plan.objects if o.manifest.key in strangers}
    looked = preview(plan, cluster, owned)
    adoption.refuse(looked, plan, allow_restarts=False, owner_elsewhere=False)
    if looked.releases:
        owners = ", ".join(str(release.owner) for release in looked.releases)
        raise RefusedError(
            f"{len(strangers)} objects are looked after by {owners}",
            next_step=f"take them over first: gitops adopt --stack {plan.stack} --yes",
        )
    if looked.pending:
        adoption.adopt(looked, plan, cluster)
    tell(f"{counted(len(strangers), 'living object')} taken over")
    return tuple(sorted(strangers))


def forget_lost(
    found: Found, plan: Plan, before: Mapping[ObjectKey, Object], tell: Callable[[str], None]
) -> None:
    """Let the state forget the applications of which nothing lives any more."""
    urns = {item.urn: item.name for item in found.state if item.type == APPLICATION}
    objects = [(urns.get(item.parent, ""), item.key) for item in found.state if item.key]
    hidden = found.everything.hidden
    living = {name for name, key in objects if key in before or key in found.alive}
    living |= {name for name, key in objects if (key.group, key.kind) in hidden}
    lost = {item.name for item in plan.applications} & set(urns.values()) - living
    if lost:
        tell(f"nothing lives of {counted(len(lost), 'application')} that the state knows: begun anew")
        forget_applications(found.settings.stack, found.project, lost)
