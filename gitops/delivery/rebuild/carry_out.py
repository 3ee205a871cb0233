"""A rebuild: what is in the way is cleared, what lives is taken over, the rest is made, and the end is proven.

It keeps no record of its own. One that was killed is run again: what it made is what the next one finds alive.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from gitops.cluster.errors import ApiError
from gitops.delivery.adoption import carry_out as adoption
from gitops.delivery.adoption.cluster import look as look_at_owners
from gitops.delivery.adoption.preview import preview
from gitops.delivery.observe import observe
from gitops.delivery.rebuild.found import stack_of
from gitops.delivery.retry import with_retries
from gitops.delivery.sync import carry_out, prepare
from gitops.delivery.wait import Wish, reasons, wait
from gitops.desired import stack_ring
from gitops.drift.findings import findings
from gitops.engine.forget import forget_applications
from gitops.engine.locks import clear
from gitops.engine.recorded import recorded
from gitops.model.errors import ConflictError, GitOpsError, ProblemsError, RefusedError, TimedOutError
from gitops.model.keys import ObjectKey
from gitops.model.partial import APPLICATION
from gitops.model.rebuilt import Rebuilt
from gitops.model.synced import FAILED, SYNCED
from gitops.report.columns import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gitops.cluster.client import Object
    from gitops.delivery.observe import Observed
    from gitops.delivery.rebuild.found import Found
    from gitops.delivery.sync import Prepared
    from gitops.desired import Hold
    from gitops.drift.findings import Finding
    from gitops.model.plan import Plan
    from gitops.model.synced import Synced

R = TypeVar("R")
_LOOK_EVERY = 1.0
_WHY = "rebuild"


def rebuild(
    found: Found,
    *,
    hold: Hold | None,
    partial: bool,
    timeout: float,
    tell: Callable[[str], None],
    on_output: Callable[[str], None] | None = None,
) -> Rebuilt:
    """Make everything that Git states of a stack live again, and prove it.

    Applications of which nothing lives begin anew: the state forgets them first, so that their hooks run and their
    health is waited for as on the first day. `partial` goes on without the applications that are broken in Git or
    hold secrets that don't open; `timeout` is in seconds, for what ends and for what has to become healthy.

    Raises:
        ProblemsError: something is broken, or does not open, and nobody said to go on without it.
        RefusedError: what lives is somebody else's.
        GitOpsError: nothing could be synced at all; run it again when that is mended.
    """
    began = time.monotonic()
    settings, project = found.settings, found.project
    _tell_of_keys(found, tell)
    prepared = prepare(settings, project, hold)
    _refuse_left_out(prepared, partial=partial)
    plan = prepared.plan
    wanted = {item.manifest.key for item in plan.objects}  # what hooks make is made for each run
    has_gone = _await_ending(found, plan, timeout, tell)
    before = {
        key: item for key, item in found.everything.objects.items() if key in wanted and not has_gone(key)
    }
    adopted = _adopt(found, plan, before, tell)
    _past_left_over_lock(found, lambda: _forget_lost(found, plan, before, tell), tell)

    def attempt() -> Synced:
        again = prepare(settings, project, hold)
        return carry_out(again, refresh=bool(found.remembered), why=_WHY, on_output=on_output)

    def pause(done: Synced, seconds: float) -> None:
        names = ", ".join(item.name for item in done.having(FAILED))
        tell(f"{names} failed; trying again in {seconds:.0f} s")

    synced = with_retries(lambda: _past_left_over_lock(found, attempt, tell), pause)
    observed, waiting = _proven(found, synced, timeout, tell)
    states = observed.of([item.name for item in synced.having(SYNCED)]) if synced.having(SYNCED) else ()
    known = {item.key for item in recorded(settings.stack, project)}
    return Rebuilt(
        found.place,
        synced,
        found.deployments,
        len(found.remembered),
        tuple(sorted(before)),
        tuple(sorted(wanted - before.keys())),
        tuple(
            sorted(key for key, item in before.items() if _is_another(item, observed.live.objects.get(key)))
        ),
        adopted,
        _empty_claims(plan, before),
        waiting,
        tuple(_told(item) for item in findings(states)),
        tuple(sorted(wanted - known)) if not synced.exit_code else (),
        time.monotonic() - began,
    )


def _tell_of_keys(found: Found, tell: Callable[[str], None]) -> None:
    """Say where keys come from when there are none; what they would open is told one by one."""
    if not found.settings.secrets.opened:
        return
    try:
        stack_ring(found.settings)
    except GitOpsError as error:
        tell(f"{error.problems[0].what}: give a backup of the keys with --keys FILE")


def _refuse_left_out(prepared: Prepared, *, partial: bool) -> None:
    broken = [problem for item in prepared.left_out if not item.held for problem in item.problems]
    if broken and not partial:
        raise ProblemsError(broken)


def _past_left_over_lock(found: Found, work: Callable[[], R], tell: Callable[[str], None]) -> R:
    """The work; a lock that a killed run of this machine left is cleared, once."""
    try:
        return work()
    except ConflictError as error:
        if not error.left_over:
            raise
        tell("clearing the lock of a run that was killed")
        clear(found.settings.stack, found.project)
        return work()


def _await_ending(
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
    try:
        live = found.connection.client.get(found.everything.path(key))
    except ApiError as error:
        if error.status != 404:
            raise
        return False
    return _has_end(live)


def _has_end(live: Object) -> bool:
    return "deletionTimestamp" in live["metadata"]


def _adopt(
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


def _forget_lost(
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


def _proven(
    found: Found, synced: Synced, timeout: float, tell: Callable[[str], None]
) -> tuple[Observed, tuple[str, ...]]:
    """The stack when all that was synced is Synced and Healthy, else as it is at the end, and why."""
    names, wish = [item.name for item in synced.having(SYNCED)], Wish()
    if not names:
        return observe(found.settings), ()

    def told(lines: tuple[str, ...], _: float) -> None:
        tell(f"waiting for {lines[0]}" + (f", and {len(lines) - 1} more" if len(lines) > 1 else ""))

    tell(f"{counted(len(names), 'application')} synced; proving that nothing differs")
    try:
        return wait(found.settings, names, wish, timeout, told), ()
    except TimedOutError:
        observed = observe(found.settings)
        return observed, reasons(observed.of(names), wish)


def _is_another(before: Object, now: Object | None) -> bool:
    return now is not None and now["metadata"].get("uid") != before["metadata"].get("uid")


def _empty_claims(plan: Plan, before: Mapping[ObjectKey, Object]) -> tuple[ObjectKey, ...]:
    """New volumes; a StatefulSet's only where its namespace is new too, since else they may have outlived it."""
    return tuple(
        sorted(
            item.manifest.key
            for item in plan.objects
            if item.manifest.key not in before
            and (
                item.manifest.kind == "PersistentVolumeClaim"
                or (
                    item.manifest.kind == "StatefulSet"
                    and item.manifest.body.get("spec", {}).get("volumeClaimTemplates")
                    and ObjectKey("", "Namespace", "", item.manifest.key.namespace) not in before
                )
            )
        )
    )


def _told(finding: Finding) -> str:
    return " ".join(filter(None, (str(finding.key), finding.kind, finding.path)))
