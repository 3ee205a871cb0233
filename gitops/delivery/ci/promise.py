"""What was previewed, read back from its file, and whether what a stack would get now is still that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from gitops.model.errors import ConfigError, Location, NotFoundError
from gitops.model.preview import Effect
from gitops.report.preview import SCHEMA
from gitops.source.shaped import shaped_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gitops.model.preview import StackPreview

_LARGEST = 256 * 1024 * 1024
# what nobody may get who was not shown it
_GRAVE = frozenset((Effect.DELETED, Effect.REPLACED))


class PromisedChange(msgspec.Struct, frozen=True):
    """One object that was shown: what happens to it, and the digest of what it becomes."""

    object: str
    change: Effect
    digest: str


class PromisedStack(msgspec.Struct, frozen=True):
    """One stack of a preview."""

    stack: str
    before: str
    after: str
    digest: str
    changes: tuple[PromisedChange, ...]


class _Document(msgspec.Struct, frozen=True):
    schema: str
    stacks: tuple[PromisedStack, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a deployment compares with its preview.

    Attributes:
        broken: what would be other than shown, so that it must not be.
        beside: what would happen besides, since others have changed something since the preview.
    """

    broken: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


def promised(file: Path) -> dict[str, PromisedStack]:
    """The stacks in a file that a preview wrote, by name.

    Raises:
        NotFoundError: there is no such file.
        ConfigError: it is none that a preview wrote.
    """
    try:
        with file.open("rb") as opened:
            document = shaped_json(opened.read(_LARGEST), _Document)
    except FileNotFoundError:
        raise NotFoundError(
            f"there is no {file}", next_step="write it in the pull request: gitops ci preview --plan FILE"
        ) from None
    except (OSError, msgspec.MsgspecError, RecursionError) as error:
        raise ConfigError(
            f"is no preview: {error}", where=Location(str(file)), next_step="preview the change again"
        ) from None
    if document.schema != SCHEMA:
        raise ConfigError(
            f"is a {document.schema!r}, not a {SCHEMA!r}",
            where=Location(str(file)),
            next_step="name the file that gitops ci preview --plan wrote",
        )
    return {item.stack: item for item in document.stacks}


def verdict(shown: PromisedStack, now: StackPreview, becomes: Mapping[str, str], *, moved: bool) -> Verdict:
    """Whether a stack gets what was shown; `becomes` has the digest of everything that it would state.

    Objects that were shown become just that, whatever else has changed. What was not shown may happen only where
    the branch or the stack has `moved` since, by changes that had previews of their own.
    """
    found = {change.key.resource_name: change for change in now.changes}
    broken = []
    for change in shown.changes:
        actual, happens = becomes.get(change.object, ""), found.pop(change.object, None)
        if actual != change.digest:
            broken.append(f"{change.object} would {_fate(actual)}, other than shown")
        elif happens and happens.effect != change.change and happens.effect in _GRAVE:
            broken.append(f"{change.object} would be {happens.effect}, and was shown as {change.change}")
    beside = [f"{name} would be {change.effect}, which was not shown" for name, change in found.items()]
    return Verdict(tuple(broken), tuple(beside)) if moved else Verdict((*broken, *beside))


def _fate(digest: str) -> str:
    return "become something" if digest else "not be stated"
