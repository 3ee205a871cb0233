"""A promotion before and after, as text and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gitops.report.columns import counted
from gitops.report.comment import fenced
from gitops.report.manifests import summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitops.model.forge import PullRequest
    from gitops.model.promotion import Promoted, Unit
    from gitops.report.manifests import Change

SCHEMA = "gitops.internal/promotion/v1"
PROPOSAL = "gitops.internal/promotion-request/v1"


def as_plan(unit: Unit, source: str, target: str, changes: Sequence[Change]) -> str:
    """What would go where, in three lines at most."""
    applications = sorted({change.application for change in changes})
    where = f" in {', '.join(applications)}" if applications else ""
    return (
        f"{unit.revision[:12]} from {source or 'no stack, as a hotfix'} to {target}, as {unit.digest}\n"
        f"{counted(len(unit.images), 'image')}; {summary(changes)}{where}"
    )


def as_refusal(target: str, objections: Sequence[str]) -> str:
    """Every reason, one a line."""
    return f"not promoted to {target}:" + "".join(f"\n  {text}" for text in objections)


def as_summary(done: Promoted) -> str:
    """One line: how it ended."""
    if not done.failure:
        return f"{done.target} runs {done.unit.revision[:12]}, synced, healthy and verified"
    back = f" and is back at {done.returned[:12]}" if done.returned else " AND COULD NOT GO BACK"
    return f"{done.target} did not take {done.unit.revision[:12]}{back}: {done.failure}"


def as_json(unit: Unit, source: str, target: str, objections: Sequence[str], done: Promoted | None) -> str:
    """The documented, versioned form for machines; `done` is None where nothing was promoted."""
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "source": source,
        "target": target,
        "revision": unit.revision,
        "digest": unit.digest,
        "images": list(unit.images),
        "objections": list(objections),
        "promoted": done is not None and not done.failure,
        "failure": done.failure if done else "",
        "returned": done.returned if done else "",
    }
    return json.dumps(document, indent=2)


def as_proposal(plans: Sequence[str], diff: str) -> str:
    """The text of a pull request: what would go where, and the object-level difference; Markdown."""
    told = "\n\n".join(plan.replace("\n", "  \n") for plan in plans)
    difference = fenced(diff.removesuffix("\n"), "diff")
    return f"{told}\n\n{difference}\n"


def proposal_as_json(found: PullRequest, stacks: Sequence[str], revision: str) -> str:
    """The documented, versioned form for machines of a promotion that is asked for."""
    document = {
        "schema": PROPOSAL,
        "revision": revision,
        "stacks": list(stacks),
        "number": found.number,
        "branch": found.branch,
        "base": found.base,
        "url": found.url,
    }
    return json.dumps(document, indent=2)
