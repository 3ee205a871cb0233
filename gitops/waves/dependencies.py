"""`dependsOn` between applications: checked, and put in order."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from gitops.model.errors import Location
from gitops.source.descriptor import FILE_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitops.model.application import Application
    from gitops.model.errors import Problems


def check_dependencies(applications: Iterable[Application], problems: Problems) -> None:
    """Note names that are unknown or of a later wave, and circles, as a chain that can be read."""
    by_name = {application.name: application for application in applications}
    for application in by_name.values():
        where = Location(f"{application.path}/{FILE_NAME}")
        for name in application.depends_on:
            other = by_name.get(name)
            if other is None:
                problems.add(
                    f"dependsOn names {name!r}, and there is no such application",
                    where,
                    "mend the name, or add the application",
                    application.name,
                )
            elif other.wave > application.wave:
                problems.add(
                    f"dependsOn names {name!r} of wave {other.wave}, but {application.name!r} is in wave"
                    f" {application.wave} and comes before it",
                    where,
                    "move one of the two to another wave",
                    application.name,
                )
    try:
        in_order(by_name.values())
    except CycleError as error:
        chain: list[str] = error.args[1]
        first = by_name[min(chain)]
        start = chain.index(first.name)
        circle = [*chain[:-1][start:], *chain[:-1][:start]] if start < len(chain) - 1 else chain[:-1]
        needs = " → ".join(reversed([*circle, circle[0]]))
        problems.add(
            f"dependsOn goes in a circle: {needs}",
            Location(f"{first.path}/{FILE_NAME}"),
            "take one of these out",
            first.name,
        )


def in_order(applications: Iterable[Application]) -> tuple[Application, ...]:
    """Applications so that each comes after those it depends on; otherwise by wave and name.

    Raises:
        graphlib.CycleError: they depend on each other in a circle.
    """
    by_name = {item.name: item for item in sorted(applications, key=lambda item: (item.wave, item.name))}
    sorter = TopologicalSorter(
        {item.name: [name for name in item.depends_on if name in by_name] for item in by_name.values()}
    )
    sorter.prepare()
    ordered: list[Application] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=lambda name: (by_name[name].wave, name))
        ordered += [by_name[name] for name in ready]
        sorter.done(*ready)
    return tuple(ordered)
