"""What Git wants of a stack and what lives, side by side."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from gitops.cluster.connect import connect
from gitops.cluster.health import Health
from gitops.cluster.verdict import verdict
from gitops.desired import sound_plan
from gitops.drift.state import application_states
from gitops.drift.unowned import is_asked_for, unowned
from gitops.model.errors import unknown_applications
from gitops.model.keys import APPLICATION_LABEL
from gitops.rollouts.naming import is_rollout

if TYPE_CHECKING:
    from collections.abc import Collection

    from gitops.cluster.connect import Connection
    from gitops.cluster.survey import Survey
    from gitops.drift.state import ApplicationState
    from gitops.model.plan import Plan
    from gitops.model.settings import Settings


@dataclass(frozen=True, slots=True)
class Observed:
    """A stack at one moment; nothing was changed to see it.

    Attributes:
        connection: the way to its cluster.
        plan: what Git wants, without the applications that are broken in it.
        live: what carries the stack's label.
        states: every application, also the broken ones, by wave and name.
    """

    connection: Connection
    plan: Plan
    live: Survey
    states: tuple[ApplicationState, ...]

    def of(self, names: Collection[str]) -> tuple[ApplicationState, ...]:
        """The applications of these names; all of them without names.

        Raises:
            NotFoundError: there is no such application.
        """
        known = {state.application.name for state in self.states}
        missing = set(names) - known
        if missing:
            raise unknown_applications(self.plan.stack, missing, known)
        return tuple(state for state in self.states if not names or state.application.name in names)


def observe(settings: Settings, *, strict: bool = False, anew: bool = False) -> Observed:
    """Look at the stack's repository and cluster: one list for each kind, never one call an object.

    With `strict`, what was added beside what Git states is found too. With `anew`, nothing that was fetched or
    rendered before is used.

    Raises:
        GitOpsError: the repository or the cluster can't be read, or what is wrong is no application's own.
    """
    connection = connect(settings.cluster)
    live = connection.survey(settings.stack, metadata_only=False)
    with TemporaryDirectory(prefix="gitops-") if anew else nullcontext() as cache:
        plan, left_out = sound_plan(settings, live.served, live.objects, Path(cache) if cache else None)
    states = application_states(
        plan, live.seen(plan.keys), APPLICATION_LABEL, settings.health_rules, left_out, strict=strict
    )
    states = tuple(_with_verdicts(connection, live, state) for state in states)
    if any(is_asked_for(state.application) for state in states):
        everything = connection.survey("").objects
        wanted = plan.keys | live.objects.keys()
        states = tuple(
            replace(state, unowned=unowned(state.application, wanted, everything)) for state in states
        )
    return Observed(connection, plan, live, states)


def _with_verdicts(connection: Connection, live: Survey, state: ApplicationState) -> ApplicationState:
    """The state, whose Rollouts that are paused or aborted tell what their analysis has measured."""
    if not any(is_rollout(item.key) for item in state.objects):
        return state
    objects = tuple(
        replace(item, health=Health(item.health.status, f"{item.key}: {told}"))
        if item.key in live.objects and (told := verdict(connection.client, live.objects[item.key]))
        else item
        for item in state.objects
    )
    return replace(state, objects=objects)
