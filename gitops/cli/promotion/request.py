"""A promotion that is asked for by a pull request, instead of being done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gitops.model.errors import RefusedError
from gitops.report import manifests, promotion

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from gitops.delivery.promotion.look import Candidate
    from gitops.model.forge import Forge


def ask(
    project: Path, name: str, candidates: Sequence[Candidate], forge: Callable[[], Forge], output: str
) -> int:
    """Open a pull request for what may be promoted; the exit code."""
    from gitops.delivery.promotion import look  # the engine's SDK is slow to import
    from gitops.delivery.promotion.request import request

    every = zip(candidates, look.all_refusals(candidates), strict=True)
    refused = {c.target.stack: found for c, found in every if found}
    for stack, objections in refused.items():
        click.echo(promotion.as_refusal(stack, objections), err=True)
    left = [c for c in candidates if c.target.stack not in refused and not c.is_done]
    if refused and not left:
        return RefusedError.exit_code
    if not left:
        click.echo(f"{name} runs {candidates[0].unit.revision[:12]} already", err=True)
        return 0
    changes = {c.target.stack: manifests.changes(c.before, c.after) for c in left}
    plans = [promotion.as_plan(c.unit, c.source, c.target.stack, changes[c.target.stack]) for c in left]
    body = promotion.as_proposal(plans, manifests.as_diffs(changes))
    found = request(left, name, project, forge(), body)
    if output == "json":
        click.echo(promotion.proposal_as_json(found, [c.target.stack for c in left], left[0].unit.revision))
    else:
        click.echo(found.url)
    return RefusedError.exit_code if refused else 0
