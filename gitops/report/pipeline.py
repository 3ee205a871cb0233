"""Lines that GitHub Actions, and those of Gitea, read: groups that fold, and marks in files.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitops.model.errors import Problem


def group(title: str, text: str) -> str:
    """Text below a title that unfolds it. Nothing in the text is taken for a command."""
    word = secrets.token_hex(16)
    return f"::group::{_data(title)}\n::stop-commands::{word}\n{text}\n::{word}::\n::endgroup::"


def marks(problems: Iterable[Problem], level: str = "error") -> str:
    """A mark for each problem, in the file and line that it is about."""
    return "\n".join(_annotation(problem, level) for problem in problems)


def _annotation(problem: Problem, level: str) -> str:
    place = problem.where
    values = {"file": place.file, "line": str(place.line)} if place and place.line else {}
    values = values or ({"file": place.file} if place else {})
    told = ",".join(f"{name}={_property(text)}" for name, text in values.items())
    step = f"\n→ {problem.next_step}" if problem.next_step else ""
    return f"::{level}{f' {told}' if told else ''}::{_data(problem.what + step)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
