"""Promotion that waits for proof: each revision goes on once it has proven itself; what was taken back does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.delivery.promotion.look import all_refusals, look
from gitops.delivery.promotion.stage import Asked, in_processes, promote_stage
from gitops.model.errors import GitOpsError
from gitops.model.promotion import Taking

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from gitops.model.settings import Settings


def turn(
    source: Settings,
    targets: Sequence[Settings],
    stage: str,
    project: Path,
    say: Callable[[str], None],
    parallel: int,
) -> str:
    """Promote what may be, and say in a sentence how that went, or what is waited for.

    Each promotion is in a process of its own. A stack that runs the revision already is left alone, whatever it
    follows: somebody may just be taking it back.
    """
    try:
        candidates = look(source, targets, project, stage=stage)
        revision = candidates[0].unit.revision
        open_now = [c for c in candidates if c.resumed or c.running != revision]
        if not open_now:
            return f"{stage or targets[0].stack} runs {revision[:12]}"
        asked = [Asked(c, found) for c, found in zip(open_now, all_refusals(open_now), strict=True)]
        if all(item.objections for item in asked):
            reasons = dict.fromkeys(reason for item in asked for reason in item.objections)
            return f"{revision[:12]} waits: {'; '.join(reasons)}"
        with in_processes(project, "", say, parallel) as take:
            done = promote_stage(
                stage or targets[0].stack, asked, project, take, parallel=parallel, on_step=say
            )
    except GitOpsError as error:
        return str(error)
    wrong = [f"{share.stack}: {share.reason}" for share in done.shares if share.reason]
    well = sum(share.taking is Taking.PROMOTED for share in done.shares)
    return f"{revision[:12]}: {well} of {len(done.shares)} promoted" + "".join(f"; {one}" for one in wrong)
