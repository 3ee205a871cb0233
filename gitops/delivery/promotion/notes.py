"""What a stack notes of promotions, in tags that its backend keeps, whoever looks from wherever."""

from __future__ import annotations

from dataclasses import astuple
from typing import TYPE_CHECKING, TypeVar

import msgspec

from gitops.engine.command import LONGEST_TAG, remove_tag, set_tag, tags
from gitops.model.promotion import Approval, Move, Setback

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

N = TypeVar("N", Move, Setback, Approval)
_NAMES: dict[type, str] = {Move: "gitops:promotion", Setback: "gitops:setback", Approval: "gitops:approval"}


def noted(kind: type[N], told: Mapping[str, str]) -> N | None:
    """The note of this kind among a stack's tags; None without one, and for one that nobody can read."""
    try:
        return kind(*msgspec.json.decode(told.get(_NAMES[kind], ""), type=tuple[str, ...]))
    except (msgspec.MsgspecError, TypeError):
        return None


def note(stack: str, project: Path, value: Move | Setback | Approval) -> None:
    """Keep a note in place of the one of its kind; its longest text is cut to what a tag takes."""
    texts = list(astuple(value))
    while len(text := msgspec.json.encode(texts).decode()) > LONGEST_TAG:
        longest = max(range(len(texts)), key=lambda place: len(texts[place]))
        texts[longest] = f"{texts[longest][:-10]}…"
    set_tag(stack, project, _NAMES[type(value)], text)


def forget(kind: type[Move | Setback | Approval], stack: str, project: Path) -> None:
    """Take the note of this kind off, if there is one."""
    if _NAMES[kind] in tags(stack, project):
        remove_tag(stack, project, _NAMES[kind])
