"""What a stack notes of applications that went back by themselves, in tags that its backend keeps."""

from __future__ import annotations

import hashlib
from dataclasses import astuple, replace
from typing import TYPE_CHECKING

import msgspec

from gitops.engine.command import packed, remove_tag, set_tag, tags
from gitops.model.rolled_back import RolledBack
from gitops.source.shaped import shaped_json

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

_TAG = "gitops:rolled-back:"


def noted(stack: str, project: Path) -> tuple[RolledBack, ...]:
    """All that went back, by application; a note that nobody can read is passed over.

    Raises:
        GitOpsError: the backend does not tell.
    """
    found = (_read(text) for name, text in tags(stack, project).items() if name.startswith(_TAG))
    return tuple(sorted((item for item in found if item), key=lambda item: item.application))


def note(stack: str, project: Path, value: RolledBack) -> None:
    """Keep it in place of what was noted of the application before, its reason cut to what fits.

    Raises:
        GitOpsError: the backend does not take it.
    """
    short = replace(value, revision=value.revision[:12], reason=value.reason.replace('"', "'"))
    set_tag(stack, project, _tag(value.application), packed(astuple(short)))


def lift(stack: str, project: Path, applications: Collection[str]) -> None:
    """Forget it of these applications, which are well at what had failed.

    Raises:
        GitOpsError: the backend refuses.
    """
    for item in noted(stack, project):
        if item.application in applications:
            remove_tag(stack, project, _tag(item.application))


def _tag(application: str) -> str:
    """A name that every backend takes: of 40 characters at most."""
    return _TAG + hashlib.sha256(application.encode()).hexdigest()[:16]


def _read(text: str) -> RolledBack | None:
    try:
        return RolledBack(*shaped_json(text, tuple[str, str, str, str, str]))
    except msgspec.MsgspecError:
        return None
