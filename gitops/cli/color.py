"""Color, for people at a terminal only: the words that say how something is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Mapping

_COLORS = {
    "green": ("Synced", "Healthy", "Succeeded", "ok", "passed"),
    "cyan": ("Progressing", "Running"),
    "yellow": (
        "OutOfSync",
        "Suspended",
        "Unknown",
        "Missing",
        "Orphaned",
        "Waiting",
        "Held",
        "LeftOut",
        "warning",
    ),
    "red": ("Degraded", "Failed", "failure", "failed"),
}
_OF = {word: color for color, words in _COLORS.items() for word in words}
_WORDS = re.compile(rf"(?<![\w/.-])({'|'.join(_OF)})(?![\w/.-])")
# what a run of the engine did to a resource, in the lines of a difference
_LINES = {"+": "green", "-": "red"}


def painted(text: str) -> str:
    """The text with its words of sync, health and outcome colored; `click.echo` takes that out where nobody sees it."""
    return _WORDS.sub(lambda found: click.style(found[1], fg=_OF[found[1]]), text)


def painted_diff(text: str) -> str:
    """The lines of a difference: what comes in green, what goes in red."""
    return "\n".join(
        click.style(line, fg=_LINES[line[0]]) if line[:1] in _LINES else line for line in text.split("\n")
    )


def wanted(choice: str, environment: Mapping[str, str]) -> bool | None:
    """Whether to print in color; None leaves it to what each stream is, a terminal or something else.

    `always` and `never` win over `NO_COLOR`, that over `FORCE_COLOR`, and both over a terminal that is `dumb`.
    """
    if choice != "auto":
        return choice == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    return False if environment.get("TERM") == "dumb" else None
