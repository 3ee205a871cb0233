"""The sync that somebody asks for: what has to wait waits, and what fails goes back where it asks for that."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gitops.delivery.remediate import remediate
from gitops.delivery.rolled_back import noted
from gitops.delivery.sync import carry_out, prepare
from gitops.hold import holding

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from contextlib import AbstractContextManager
    from pathlib import Path

    from gitops.desired import Hold
    from gitops.engine.progress import Step
    from gitops.model.plan import Plan
    from gitops.model.settings import Settings
    from gitops.model.synced import Synced


def sync_by_hand(
    settings: Settings,
    project: Path,
    show: Callable[[Plan], AbstractContextManager[Callable[[Step], None] | None]],
    *,
    refresh: bool = False,
    why: str = "",
    begun: datetime | None = None,
) -> Synced:
    """Sync what is not held of a stack; `show` is told the plan, and gives what is told each step of the run.

    `begun` is when what is tried again was tried first.

    Raises:
        GitOpsError: nothing could be synced at all.
    """
    prepared = prepare(settings, project, held_by_hand(settings, project, begun=begun))
    with show(prepared.plan) as on_step:
        done = carry_out(prepared, refresh=refresh, why=why, on_step=on_step)
    return remediate(prepared, done)


def held_by_hand(
    settings: Settings, project: Path, *, asked: Collection[str] = (), begun: datetime | None = None
) -> Hold:
    """What has to wait now although somebody asks; applications that are `asked` for by name are tried again."""
    return holding(
        settings,
        datetime.now(UTC),
        manual=True,
        rolled_back=lambda: noted(settings.stack, project),
        asked=asked,
        begun=begun,
    )
