"""When a new revision of an application fails, it goes back to what it last ran well, where it asks for that."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from gitops.delivery.rollback import look_back, publish
from gitops.delivery.rolled_back import lift, note
from gitops.delivery.selected import Selection, sync_selected
from gitops.delivery.sync import prepare
from gitops.engine.history import history
from gitops.model.deployment import SUCCEEDED
from gitops.model.errors import GitOpsError, Problem
from gitops.model.plan import application_of
from gitops.model.rolled_back import RolledBack
from gitops.model.synced import FAILED, SYNCED
from gitops.underway import aborted, live_rollouts, stated_pods

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gitops.delivery.sync import Prepared
    from gitops.model.application import Application
    from gitops.model.deployment import Deployment
    from gitops.model.keys import ObjectKey
    from gitops.model.settings import Settings
    from gitops.model.synced import ApplicationOutcome, Synced


def remediate(
    prepared: Prepared,
    done: Synced,
    *,
    by: str = "",
) -> Synced:
    """Bring applications back that failed and ask for `rollbackOnFailure`; gives what was done with that in it.

    Each goes back to the commit of the last deployment that succeeded and had it, also in a closed sync window, and
    is held there: the stack notes it. One whose content then was the same stays as it is, since going back would
    change nothing; but what had a Rollout paused then, and aborted since, was not well yet, and it goes further back.
    What went wrong on the way is told with the application, and then nothing is held.
    """
    wishing = _wishing(prepared, done, FAILED)
    if not wishing:
        return done
    settings, project = prepared.settings, prepared.project
    ended: dict[str, Problem | RolledBack] = {}
    try:
        earlier = cache(lambda revision: prepare(settings.at(revision), project))
        was_well = _judge(prepared, wishing, earlier)
        for revision, names in _targets(history(settings.stack, project), wishing, was_well).items():
            failed = [item for item in done.applications if item.name in names]
            ended |= _went_back(earlier(revision), failed, wishing, done.revision, by)
    except GitOpsError as error:
        ended |= {name: _stuck(str(error)) for name in wishing.keys() - ended.keys()}
    back = [item for item in ended.values() if isinstance(item, RolledBack)]
    said = {
        item.application: _revert(settings, item)
        for item in back
        if wishing[item.application].revert_on_failure
    }
    told = (_told(item, ended, settings) for item in done.applications)
    return replace(
        done,
        applications=tuple(
            replace(item, problems=(*item.problems, said[item.name])) if item.name in said else item
            for item in told
        ),
    )


def lift_holds(prepared: Prepared, done: Synced) -> None:
    """Forget of applications that somebody has synced well by name that they once went back from this content."""
    well = _wishing(prepared, done, SYNCED)
    if well:
        lift(prepared.settings.stack, prepared.project, well.keys())


def _wishing(prepared: Prepared, done: Synced, result: str) -> dict[str, Application]:
    names = {item.name for item in done.having(result)}
    return {
        item.name: item
        for item in prepared.plan.applications
        if item.rollback_on_failure and item.name in names
    }


def _judge(
    prepared: Prepared, wishing: Iterable[str], earlier: Callable[[str], Prepared]
) -> Callable[[str, str], bool]:
    """Whether an application was well at a commit that was deployed: it was not with pods of a Rollout now aborted."""
    bad: dict[str, dict[ObjectKey, Any]] = {name: {} for name in wishing}
    rollouts = live_rollouts(prepared.live.objects, lambda: prepared.reached)
    for step in aborted(prepared.plan, rollouts).values():
        key = step.manifest.key
        bad.get(application_of(step), {})[key] = stated_pods(prepared.plan, key)
    return lambda name, revision: all(
        stated_pods(earlier(revision).plan, key) != pods for key, pods in bad[name].items()
    )


def _targets(
    deployments: Iterable[Deployment],
    wishing: Mapping[str, Application],
    was_well: Callable[[str, str], bool],
) -> Mapping[str, frozenset[str]]:
    """The commit that each application last ran well, newest deployment first; applications by that commit."""
    found: dict[str, str] = {}
    for item in deployments:
        if item.kind == "destroy" and item.outcome == SUCCEEDED:
            break
        if item.kind == "update" and item.outcome == SUCCEEDED and item.revision:
            found |= {
                name: item.revision
                for name in wishing
                if name not in found and _had(item, name) and was_well(name, item.revision)
            }
    return {sha: frozenset(n for n in found if found[n] == sha) for sha in dict.fromkeys(found.values())}


def _had(deployment: Deployment, application: str) -> bool:
    """Whether a deployment left an application at its commit."""
    intent = deployment.intent
    if intent is None or application in intent.left_out:
        return False
    return deployment.touched(application) or not intent.partial


def _went_back(
    earlier: Prepared,
    failed: Iterable[ApplicationOutcome],
    wishing: Mapping[str, Application],
    bad: str,
    by: str,
) -> dict[str, Problem | RolledBack]:
    """How it ended for applications that last ran well at a revision; none of those that can't go back to it.

    Raises:
        GitOpsError: it could not be tried.
    """
    settings, project, revision = earlier.settings, earlier.project, earlier.plan.revision
    then = {item.name: item.tree for item in earlier.plan.applications}
    going = {
        item.name: RolledBack(
            item.name,
            wishing[item.name].tree,
            bad,
            revision,
            " ".join(problem.what for problem in item.problems),
        )
        for item in failed
        if then.get(item.name, wishing[item.name].tree) != wishing[item.name].tree
    }
    if not going:
        return {}
    why = f"rolled back from {bad[:12]}, where {', '.join(going)} failed"
    chosen = Selection(tuple(going), prune=True, earlier=True)
    done = sync_selected(earlier, chosen, by=by, why=why)
    ended: dict[str, Problem | RolledBack] = {}
    for item in done.applications:
        if item.result == SYNCED:
            ended[item.name] = going[item.name]
            with suppress(
                GitOpsError
            ):  # without the note the next sync tries again what failed, and goes back
                note(settings.stack, project, going[item.name])
        else:
            ended[item.name] = _stuck("; ".join(problem.what for problem in item.problems) or item.result)
    return ended


def _revert(settings: Settings, back: RolledBack) -> Problem:
    """How it ended to say in Git, on the branch that the stack follows, that an application went back."""
    try:
        found = look_back(settings, back.application, back.to)
        if found.commit == found.tip:
            return Problem(f"Git states it as in {back.to[:12]} already", None, "")
        branch = publish(found)
    except GitOpsError as error:
        first = str(error).splitlines()[0]
        step = f"make the commit by hand: gitops app rollback {back.application} --stack {settings.stack}"
        return Problem(f"the commit that says so in Git could not be made: {first}", None, step)
    return Problem(
        f"commit {found.commit[:12]} on {branch} says so in Git", None, "mend it in a later commit"
    )


def _stuck(why: str) -> Problem:
    return Problem(f"it could not go back: {why}", None, "mend it in Git, or go back: gitops app rollback")


def _told(
    item: ApplicationOutcome, ended: Mapping[str, Problem | RolledBack], settings: Settings
) -> ApplicationOutcome:
    match ended.get(item.name):
        case RolledBack(to=to) as back:
            step = f"mend it in Git, or try it again: gitops app sync {item.name} --stack {settings.stack}"
            went = Problem(f"it went back to {to[:12]}, and is held there", None, step)
            return replace(item, problems=(*item.problems, went), rolled_back=back)
        case Problem() as problem:
            return replace(item, problems=(*item.problems, problem))
        case _:
            return item
