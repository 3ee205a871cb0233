"""The table of Argo CD's behaviors: what each is, whether it is so here, and by which tests that is known.

Its source is Argo CD's code, and its documentation where both agree: sync order, waves and hooks are those of its
package `gitops-engine`, generators those of `applicationset`, tools those of `reposerver` and `util/app/discovery`,
health that of `gitops-engine` and `resource_customizations`, all else that of `controller`. A rule that changed
between releases is the newest one. A test names its row by `@rule`.
"""

from collections.abc import Iterator

from tests.conformance.row import Row, Status
from tests.conformance.rows_of_sources import HEALTH, RENDER, SETS
from tests.conformance.rows_of_syncs import HOOKS, ORDER, PRUNE, SYNC

SECTIONS = {
    "order": "Order inside a sync",
    "prune": "Pruning and deletion",
    "hooks": "Hooks",
    "sets": "ApplicationSets",
    "render": "Rendering",
    "health": "Health",
    "sync": "Syncs over time, and drift",
}
ROWS = (*ORDER, *PRUNE, *HOOKS, *SETS, *RENDER, *HEALTH, *SYNC)


def of_status(status: Status) -> tuple[Row, ...]:
    """The rows of a status, in the table's order."""
    return tuple(row for row in ROWS if row.status == status)


def markdown(status: Status) -> str:
    """The rows of a status as the manual shows them, by section."""
    return "\n".join(_lines(status))


def _lines(status: Status) -> Iterator[str]:
    yield from ("| Argo CD | here |", "|---|---|")
    for section, title in SECTIONS.items():
        rows = [row for row in of_status(status) if row.section == section]
        if rows:
            yield f"| **{title}** | |"
        yield from (f"| {row.rule} | {row.why} |" for row in rows)
