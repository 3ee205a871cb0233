"""A promotion to all stacks of a stage, before and after, as text and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gitops.model.promotion import Taking
from gitops.report.columns import aligned, counted
from gitops.report.manifests import summary

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gitops.model.promotion import Share, StagePromoted, Unit
    from gitops.report.manifests import Change

SCHEMA = "gitops.internal/stage-promotion/v1"


def as_plan(
    unit: Unit,
    source: str,
    stage: str,
    groups: Mapping[str, int],
    changes: Mapping[str, Sequence[Change]],
) -> str:
    """What would go where: one line, and a row for each stack in its order."""
    rows = [(str(group), stack, summary(changes[stack])) for stack, group in groups.items()]
    return (
        f"{unit.revision[:12]} from {source or 'no stack, as a hotfix'} to {counted(len(groups), 'stack')} of {stage}\n"
        + aligned([("GROUP", "STACK", "DIFFERENCE"), *rows])
    )


def as_table(done: StagePromoted) -> str:
    """A row for each stack, why one did not take it below its row, and one line for all."""
    rows = [(str(share.group), share.stack, share.taking, _seconds(share)) for share in done.shares]
    lines = aligned([("GROUP", "STACK", "RESULT", "TIME"), *rows]).splitlines()
    told = lines[:1]
    for line, share in zip(lines[1:], done.shares, strict=True):
        told += [line, *([f"      {_reason(share)}"] if share.reason else [])]
    return "\n".join([*told, _summary(done)])


def as_json(done: StagePromoted) -> str:
    """The documented, versioned form for machines."""
    document = {
        "schema": SCHEMA,
        "source": done.source,
        "stage": done.stage,
        "revision": done.revision,
        "promoted": all(share.taking in {Taking.PROMOTED, Taking.UNCHANGED} for share in done.shares),
        "stopped": done.stopped,
        "stacks": [
            {
                "stack": share.stack,
                "group": share.group,
                "digest": share.unit.digest,
                "result": share.taking,
                "reason": share.reason,
                "returned": share.returned,
                "started": share.started,
                "seconds": share.seconds,
            }
            for share in done.shares
        ],
    }
    return json.dumps(document, indent=2)


def _summary(done: StagePromoted) -> str:
    well = sum(share.taking in {Taking.PROMOTED, Taking.UNCHANGED} for share in done.shares)
    text = f"{well} of {counted(len(done.shares), 'stack')} of {done.stage} run {done.revision[:12]}"
    if done.stopped is None:
        return text
    return f"{text}; stopped, since more stacks of group {done.stopped} failed than may"


def _reason(share: Share) -> str:
    if share.taking is Taking.FAILED:
        return (
            f"{f'is back at {share.returned[:12]}' if share.returned else 'DID NOT GO BACK'}: {share.reason}"
        )
    return share.reason


def _seconds(share: Share) -> str:
    return f"{share.seconds:.1f} s" if share.started else "-"
