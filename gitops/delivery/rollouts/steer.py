"""Steering the Rollouts of an application by hand, and those of their groups with them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from gitops.cluster.acts import Steered, carry_out
from gitops.cluster.connect import connect
from gitops.cluster.discovery import UnknownKindError
from gitops.cluster.health import health
from gitops.cluster.rollout_view import application_of, group_of_rollout
from gitops.model.errors import NotFoundError, RefusedError, TimedOutError
from gitops.model.keys import STACK_LABEL, ObjectKey
from gitops.rollouts.spelling import ROLLOUTS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gitops.cluster.acts import Act
    from gitops.cluster.client import Object
    from gitops.cluster.connect import Connection
    from gitops.model.settings import Settings


def steer(
    settings: Settings, application: str, name: str, act: Callable[[Object], Act], timeout: float
) -> tuple[Steered, ...]:
    """Do something to the Rollouts of an application, or to the one of a name, and to their whole groups.

    Where it makes sense for some of them only, for those; the others are given with the reason. `timeout` is in
    seconds, for each.

    Raises:
        NotFoundError: there is no such Rollout.
        RefusedError: it makes sense for none of those that were named.
        TimedOutError: no controller took it in.
    """
    connection = connect(settings.cluster)
    everything = living(connection, settings.stack)
    named = rollouts_of(everything, settings.stack, application, name)
    acts = [(live, _wanted(act, live)) for live in _with_groups(named, everything)]
    refusals = [wanted for _, wanted in acts[: len(named)] if isinstance(wanted, RefusedError)]
    if len(refusals) == len(named):
        raise refusals[0]
    resource = connection.discovery.find(ROLLOUTS, "Rollout")

    def done(live: Object, wanted: Act | RefusedError) -> Steered:
        key, before = ObjectKey.of_body(live), health(live)
        own = application_of(live), key, group_of_rollout(live), before
        if isinstance(wanted, RefusedError):
            return Steered(*own, before, wanted.problems[0].what)
        try:
            after = carry_out(connection.client, resource.path(key.namespace, key.name), wanted, timeout)
        except TimedOutError as error:
            late.append(error)
            return Steered(*own, before, error.problems[0].what, late=True)
        return Steered(*own, health(after))

    late: list[TimedOutError] = []
    with ThreadPoolExecutor(max_workers=len(acts)) as pool:
        found = tuple(pool.map(lambda pair: done(*pair), acts))
    if late and not any(not item.why for item in found):
        raise late[0]
    return found


def _wanted(act: Callable[[Object], Act], live: Object) -> Act | RefusedError:
    try:
        return act(live)
    except RefusedError as error:
        return error


def living(connection: Connection, stack: str) -> list[Object]:
    """Every live Rollout of a stack, sorted by application and name; none where the cluster knows no Rollouts.

    Raises:
        ApiError, Unreachable: the cluster refuses or does not answer.
    """
    try:
        resource = connection.discovery.find(ROLLOUTS, "Rollout")
    except UnknownKindError:
        return []
    found = connection.client.list(resource.path(), f"{STACK_LABEL}={stack}")
    return sorted(found, key=lambda live: (application_of(live), ObjectKey.of_body(live)))


def rollouts_of(everything: Sequence[Object], stack: str, application: str, name: str) -> list[Object]:
    """Those of an application, or the one of a name.

    Raises:
        NotFoundError: there is none.
    """
    own = [live for live in everything if application_of(live) == application]
    if not own:
        raise NotFoundError(
            f"no Rollout of application {application!r} lives in the cluster of stack {stack}",
            next_step=f"see those that do: gitops rollout list --stack {stack}",
        )
    found = [live for live in own if name in {"", live["metadata"]["name"]}]
    if not found:
        names = ", ".join(sorted(live["metadata"]["name"] for live in own))
        raise NotFoundError(
            f"application {application!r} has no Rollout {name!r}", next_step=f"name one of its own: {names}"
        )
    return found


def _with_groups(chosen: Sequence[Object], everything: Sequence[Object]) -> list[Object]:
    groups = {group_of_rollout(live) for live in chosen} - {""}
    members = [live for live in everything if group_of_rollout(live) in groups]
    return [*chosen, *(live for live in members if live not in chosen)]
