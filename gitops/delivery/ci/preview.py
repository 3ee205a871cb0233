"""What a change would do to each stack of a project, rendered from Git at both ends of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from gitops.delivery.ci.compare import compared
from gitops.delivery.observe import observe
from gitops.desired import sound_plan
from gitops.drift.findings import findings
from gitops.model.capabilities import Served
from gitops.model.errors import GitOpsError
from gitops.model.plan import Plan
from gitops.model.preview import StackPreview

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gitops.model.partial import LeftOut
    from gitops.model.settings import Settings

_AT_ONCE = 4


def previews(
    stacks: Mapping[str, Callable[[], tuple[Settings | None, Settings]]],
) -> tuple[StackPreview, ...]:
    """Every stack's preview, a few at once, by name; one that can't be looked at hides no other.

    `stacks` has for each name what gives its settings before, None for a stack that is new, and after.
    """

    def look(name: str) -> StackPreview:
        try:
            before, after = stacks[name]()
            return stack_preview(before, after)
        except GitOpsError as error:
            return StackPreview(name, "", "", problems=error.problems)

    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        return tuple(pool.map(look, sorted(stacks)))


def stack_preview(before: Settings | None, after: Settings) -> StackPreview:
    """What a stack would get that goes from one revision, or from other settings, to another; needs no cluster.

    Raises:
        GitOpsError: what it would get can't be read at all.
    """
    return preview_from(before, *unopened(after))


def preview_from(before: Settings | None, new: Plan, left_out: Sequence[LeftOut]) -> StackPreview:
    """As `stack_preview`, for what the stack would get and what is left out of it, as `unopened` gives them."""
    nothing = Plan(new.stack, "", (), ())
    if before is None:
        return compared(nothing, (), new, left_out)
    try:
        old, broken = unopened(before)
    except GitOpsError as error:
        # a change that mends what is broken has to be shown as well
        found = compared(nothing, (), new, left_out)
        why = error.problems[0].what
        return replace(found, notes=(f"everything counts as created: {why}",))
    return compared(old, broken, new, left_out)


def against_cluster(preview: StackPreview, settings: Settings) -> StackPreview:
    """The preview with the number of things that contradict what the stack would get in its cluster now."""
    try:
        return replace(preview, drift=len(findings(observe(settings).states)))
    except GitOpsError as error:
        return replace(
            preview, notes=(*preview.notes, f"the cluster was not looked at: {error.problems[0].what}")
        )


def unopened(settings: Settings) -> tuple[Plan, Sequence[LeftOut]]:
    """What a stack wants as far as Git alone tells it; SealedSecrets stay sealed.

    Raises:
        GitOpsError: it can't be read at all.
    """
    return sound_plan(settings, Served(), (), sealed=True)
