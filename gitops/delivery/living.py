"""What lives of an application, with all that controllers made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitops.cluster.connect import connect
from gitops.cluster.logs import containers, lines
from gitops.cluster.tree import Branch, tree
from gitops.model.errors import NotFoundError
from gitops.model.keys import APPLICATION_LABEL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitops.cluster.connect import Connection
    from gitops.cluster.logs import Container, Line, LogQuery
    from gitops.model.settings import Settings


@dataclass(frozen=True, slots=True)
class Living:
    """An application's objects in the cluster, each with what it owns."""

    connection: Connection
    branches: tuple[Branch, ...]


def living(settings: Settings, application: str) -> Living:
    """What lives of an application, by its label.

    Raises:
        NotFoundError: nothing does.
        ApiError, Unreachable: the cluster does not answer.
    """
    connection = connect(settings.cluster)
    survey = connection.survey(settings.stack, metadata_only=False)
    own = [
        (key, item)
        for key, item in sorted(survey.objects.items())
        if (item["metadata"].get("labels") or {}).get(APPLICATION_LABEL) == application
    ]
    if not own:
        raise NotFoundError(
            f"nothing lives of application {application!r} in stack {settings.stack}",
            next_step=f"see what does: gitops app list --stack {settings.stack}",
        )
    return Living(connection, tree(connection.client, survey.resources.values(), own))


def logs(settings: Settings, application: str, asked: LogQuery, container: str = "") -> Iterator[Line]:
    """What the pods of an application log, those that are made later too while they are followed.

    Raises:
        NotFoundError: nothing lives of the application, or it has no such container.
        ApiError, Unreachable: the cluster does not answer.
    """
    found = living(settings, application)
    first = containers(found.branches, container)
    if not first and not asked.follow:
        which = f" with a container {container!r}" if container else ""
        raise NotFoundError(
            f"application {application!r} has no pods{which}",
            next_step=f"see what it has: gitops app resources {application} --stack {settings.stack}",
        )

    def looks() -> Iterator[Sequence[Container]]:
        yield first
        while True:
            yield containers(living(settings, application).branches, container)

    look = looks()
    yield from lines(found.connection.client, asked, lambda: next(look))
