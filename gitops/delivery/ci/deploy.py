"""A change that was merged: every stack that follows its branch gets what was previewed, or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.delivery.by_hand import sync_by_hand
from gitops.delivery.ci.preview import preview_from, unopened
from gitops.delivery.ci.promise import Verdict, verdict
from gitops.delivery.promotion.look import running_revision
from gitops.model.errors import GitOpsError, RefusedError
from gitops.model.merged import Merged
from gitops.model.preview import digests_of
from gitops.source.checkout import comes_after, parents

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from gitops.delivery.ci.promise import PromisedStack
    from gitops.engine.progress import Step
    from gitops.model.plan import Plan
    from gitops.model.preview import StackPreview
    from gitops.model.settings import Settings


def deploy(
    settings: Settings,
    project: Path,
    shown: PromisedStack | None,
    *,
    show: Callable[[Plan], AbstractContextManager[Callable[[Step], None] | None]],
    dry_run: bool = False,
    why: str = "",
) -> Merged:
    """Deploy a stack at the revision of its settings, when it gets what was shown. A stack's trouble is not raised.

    It is compared with what the stack ran last. A commit that comes before that one is not deployed: its pipeline
    has been overtaken. `show` is told the plan, and then each step of the run.
    """
    stack, preview, found = settings.stack, None, Verdict()
    try:
        before = running_revision(stack, project)
        plan, left_out = unopened(settings)
        preview = preview_from(settings.at(before) if before else None, plan, left_out)
        if comes_after(project, before, preview.after):
            return Merged(stack, preview, superseded=before)
        if shown is not None:
            found = _held_to(shown, preview, plan, parents(project, preview.after))
        if dry_run:
            return Merged(stack, preview, found.beside)
        done = sync_by_hand(settings.at(preview.after), project, show, why=why)
        return Merged(stack, preview, found.beside, synced=done)
    except GitOpsError as error:
        return Merged(stack, preview, found.beside, error=error)


def _held_to(shown: PromisedStack, preview: StackPreview, plan: Plan, merged_to: Sequence[str]) -> Verdict:
    # a clone without history does not tell what the branch was at before, and then nothing may come along
    moved = preview.before != shown.before or (bool(merged_to) and shown.before not in merged_to)
    becomes = digests_of(item.manifest for item in plan.objects)
    found = verdict(shown, preview, becomes, moved=moved)
    if found.broken:
        lines = "".join(f"\n    {line}" for line in found.broken)
        raise RefusedError(
            f"{plan.stack} would not get what was previewed as {shown.digest}:{lines}",
            next_step="preview it again as it is now: gitops ci preview --plan FILE",
        )
    return found
