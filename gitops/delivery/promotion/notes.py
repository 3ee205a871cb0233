"""What a stack notes of promotions, in tags that its backend keeps, whoever looks from wherever."""

from __future__ import annotations

from dataclasses import astuple
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

import msgspec

from gitops.engine.command import packed, remove_tag, set_tag, tags
from gitops.model.promotion import Approval, Move, Setback
from gitops.source.shaped import shaped_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

N = TypeVar("N", Move, Setback, Approval)
_NAMES: dict[type, str] = {Move: "gitops:promotion", Setback: "gitops:setback:", Approval: "gitops:approval"}
_SETBACKS_KEPT = 10


def noted(kind: type[N], told: Mapping[str, str], revision: str = "") -> N | None:
    """The note of this kind among a stack's tags; None without one, and for one that nobody can read.

    Of what the stack went back from there is a note for each revision.
    """
    try:
        return kind(*shaped_json(told.get(f"{_NAMES[kind]}{revision[:12]}", ""), tuple[str, ...]))
    except (msgspec.MsgspecError, TypeError):
        return None


def note(stack: str, project: Path, value: Move | Approval) -> None:
    """Keep a note in place of the one of its kind; its longest text is cut to what a tag takes."""
    set_tag(stack, project, _NAMES[type(value)], packed(astuple(value)))


def note_setback(stack: str, project: Path, revision: str, reason: str) -> None:
    """Let a stack never be promoted to a revision again; of many such notes the oldest go."""
    prefix = _NAMES[Setback]
    told = tags(stack, project)
    old = {name: noted(Setback, told, name.removeprefix(prefix)) for name in told if name.startswith(prefix)}
    by_age = sorted(old, key=lambda name: ((held := old[name]) and held.at) or "")
    for name in by_age[: max(0, len(by_age) - _SETBACKS_KEPT + 1)]:
        remove_tag(stack, project, name)
    set_tag(stack, project, f"{prefix}{revision[:12]}", packed(astuple(Setback(revision, reason, now()))))


def without(kind: type[Move], told: Mapping[str, str]) -> Mapping[str, str]:
    """The tags without the note of this kind."""
    return {name: text for name, text in told.items() if name != _NAMES[kind]}


def forget(stack: str, project: Path) -> None:
    """Take the note off that a promotion was begun, if there is one."""
    if _NAMES[Move] in tags(stack, project):
        remove_tag(stack, project, _NAMES[Move])


def now() -> str:
    """ISO 8601, UTC."""
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
