"""A rebuild: what is in the way is cleared, what lives is taken over, the rest is made, and the end is proven.

It keeps no record of its own. One that was killed is run again: what it made is what the next one finds alive.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from gitops.delivery.observe import observe
from gitops.delivery.rebuild.obstacles import (
    adopt_strangers,
    await_ending,
    forget_lost,
    past_left_over_lock,
    refuse_without_keys,
)
from gitops.delivery.retry import with_retries
from gitops.delivery.sync import carry_out, prepare
from gitops.delivery.wait import Wish, reasons, wait
from gitops.desired import stack_ring
from gitops.drift.findings import findings
from gitops.engine.recorded import recorded
from gitops.model.errors import GitOpsError, ProblemsError, TimedOutError
from gitops.model.keys import ObjectKey
from gitops.model.rebuilt import Rebuilt
from gitops.model.synced import SYNCED
from gitops.report.columns import counted
from gitops.report.sync import as_retry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from gitops.cluster.client import Object
    from gitops.delivery.observe import Observed
    from gitops.delivery.rebuild.found import Found
    from gitops.delivery.sync import Prepared
    from gitops.desired import Hold
    from gitops.drift.findings import Finding
    from gitops.engine.progress import Step
    from gitops.model.plan import Plan
    from gitops.model.synced import Synced

_WHY = "rebuild"


def rebuild(
    found: Found,
    *,
    hold: Hold | None,
    partial: bool,
    timeout: float,
    tell: Callable[[str], None],
    show: Callable[[Plan], AbstractContextManager[Callable[[Step], None] | None]],
) -> Rebuilt:
    """Make everything that Git states of a stack live again, and prove it.

    Applications of which nothing lives begin anew: the state forgets them first, so that their hooks run and their
    health is waited for as on the first day. `partial` goes on without the applications that are broken in Git or
    hold secrets that don't open; `timeout` is in seconds, for what ends and for what has to become healthy. `show`
    gives what is told the steps of a run of the engine, until that ends.

    Raises:
        ProblemsError: something is broken, or does not open, and nobody said to go on without it.
        RefusedError: what lives is somebody else's.
        GitOpsError: nothing could be synced at all; run it again when that is mended.
    """
    began = time.monotonic()
    settings, project = found.settings, found.project
    prepared = prepare(settings, project, hold)
    _refuse_left_out(prepared, partial=partial, tell=tell)
    plan = prepared.plan
    if not partial:
        refuse_without_keys(found, plan)
    wanted = {item.manifest.key for item in plan.objects}  # what hooks make is made for each run
    has_gone = await_ending(found, plan, timeout, tell)
    before = {
        key: item for key, item in found.everything.objects.items() if key in wanted and not has_gone(key)
    }
    adopted = adopt_strangers(found, plan, before, tell)
    past_left_over_lock(found, lambda: forget_lost(found, plan, before, tell), tell)

    def attempt() -> Synced:
        again = prepare(settings, project, hold)
        with show(again.plan) as on_step:
            return carry_out(again, refresh=bool(found.remembered), why=_WHY, on_step=on_step)

    synced = with_retries(
        lambda: past_left_over_lock(found, attempt, tell), lambda done, seconds: tell(as_retry(done, seconds))
    )
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


def _refuse_left_out(prepared: Prepared, *, partial: bool, tell: Callable[[str], None]) -> None:
    """Stop, or go on, when something is broken; where there are no keys, say how they are given first."""
    broken = [problem for item in prepared.left_out if not item.held for problem in item.problems]
    if broken and prepared.settings.secrets.opened:
        try:
            stack_ring(prepared.settings)
        except GitOpsError as error:
            tell(f"{error.problems[0].what}: give a backup of the keys with --keys FILE")
    if broken and not partial:
        raise ProblemsError(broken)


def _proven(
    found: Found, synced: Synced, timeout: float, tell: Callable[[str], None]
) -> tuple[Observed, tuple[str, ...]]:
    """The stack when all that was synced is Synced and Healthy, else as it is at the end, and why."""
    names, wish = [item.name for item in synced.having(SYNCED)], Wish()
    if not names:
        return observe(found.settings), ()

    def told(lines: tuple[str, ...], *_: object) -> None:
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
