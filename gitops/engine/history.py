"""A stack's history as the engine keeps it, whatever its backend, and what this project notes in it.

A run's message is a line for people and, two lines below, what is meant for us: one line of JSON behind a mark.
Why a run failed is known only after it, when its message can't be changed any more, and is kept in a tag of the
stack. The tags of a few failed runs are kept, cut to what every backend takes (256 characters).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from gitops.engine.command import LONGEST_TAG, remove_tag, set_tag, tags, told
from gitops.model.deployment import FAILED, RUNNING, SUCCEEDED, Deployment, Intent
from gitops.source.shaped import shaped_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_MARK = "gitops-deployment/v1 "
_TAG = "gitops:failed:"
_TAGS_KEPT = 10
_OUTCOMES = {"succeeded": SUCCEEDED, "in-progress": RUNNING}


def message_of(intent: Intent) -> str:
    """What the history keeps of a run that begins."""
    names = ", ".join(intent.applications[:5]) or "nothing new"
    more = f" and {len(intent.applications) - 5} more" if len(intent.applications) > 5 else ""
    head = f"Sync {intent.revision[:12]} of {intent.asked}: {names}{more}"
    return f"{head}\n\n{_MARK}{msgspec.json.encode(intent).decode()}"


def intent_of(message: str) -> tuple[Intent | None, str]:
    """The way back, and the line for people; a message of somebody else has no intent."""
    head, mark, tail = message.partition(_MARK)
    try:
        return (shaped_json(tail, Intent) if mark else None), head.strip()
    except msgspec.MsgspecError:
        return None, head.strip()


def history(stack: str, project: Path) -> tuple[Deployment, ...]:
    """Every deployment that the backend still knows, newest first; none of a stack that was never deployed.

    Raises:
        GitOpsError: the engine can't read it.
    """
    entries = json.loads(told(stack, project, "stack", "history", "--json") or "[]")
    failed = any(entry.get("result") == "failed" for entry in entries)
    reasons = _reasons(stack, project) if failed else {}
    return tuple(_deployment(entry, len(entries) - place, reasons) for place, entry in enumerate(entries))


def note_failure(stack: str, project: Path, operation: str, reason: str) -> None:
    """Keep why a run failed; the oldest such notes go.

    Raises:
        GitOpsError: the backend does not take it.
    """
    old = sorted(_reasons(stack, project))
    for name in old[: max(0, len(old) - _TAGS_KEPT + 1)]:
        remove_tag(stack, project, f"{_TAG}{name}")
    text = " ".join(reason.split())[:LONGEST_TAG].lstrip("-")
    set_tag(stack, project, f"{_TAG}{operation}", text or "no reason was given")


def _reasons(stack: str, project: Path) -> dict[str, str]:
    found = tags(stack, project).items()
    return {name.removeprefix(_TAG): text for name, text in found if name.startswith(_TAG)}


def _deployment(entry: Mapping[str, Any], place: int, reasons: Mapping[str, str]) -> Deployment:
    intent, message = intent_of(str(entry.get("message") or ""))
    outcome = _OUTCOMES.get(str(entry.get("result")), FAILED)
    configured = (entry.get("config") or {}).get("gitops:revision") or {}
    return Deployment(
        int(entry.get("version") or place),
        str(entry.get("kind", "")),
        intent,
        message,
        _time(entry.get("startTime")),
        _time(entry.get("endTime")) if outcome != RUNNING else "",
        outcome,
        reasons.get(intent.operation, "") if intent and outcome == FAILED else "",
        {str(k): int(v) for k, v in (entry.get("resourceChanges") or {}).items()},
        str(configured.get("value") or ""),
    )


def _time(text: Any) -> str:
    """Whole seconds in UTC; "" for what is no time."""
    try:
        return f"{datetime.fromisoformat(str(text)).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    except ValueError:
        return ""
