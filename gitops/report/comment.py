"""What a change would do to every stack, as the comment on a pull request.

What is shown comes from whoever proposes the change. So it is quoted: by code that it can't end, in cells that it can't
leave, and without a name that would call somebody.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gitops.report.columns import counted
from gitops.report.preview import by_application, counts, diff_of, summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gitops.model.preview import ObjectChange, Preview, StackPreview

MARK = "gitops-preview"
_MOST_OBJECTS, _MOST_LINES = 60, 120
_DETAILS = "</details>\n"
# what is left over for what says that something was left out
_RESERVE = 400


def as_markdown(preview: Preview, limit: int) -> str:
    """A table of all stacks, warnings, problems, and the differences folded, in at most `limit` characters.

    What does not fit is left out from the end, differences first, and counted.
    """
    parts = [_head(preview), *(_stack(item) for item in preview.stacks if _tells(item))]
    differences = [_difference(item, change) for item in preview.stacks for change in item.changes]
    room = limit - _RESERVE
    told, dropped = _fitting(parts, room)
    shown, hidden = _fitting(differences, 0 if dropped else room - len(told))
    left_out = [
        counted(number, what) for number, what in ((dropped, "stack"), (hidden, "difference")) if number
    ]
    more = f"\n{' and '.join(left_out)} did not fit here; the pipeline's log has them.\n" if left_out else ""
    return f"{told}{shown}{more}"[:limit]


def _fitting(parts: Iterable[str], room: int) -> tuple[str, int]:
    """As many of the parts as there is room for, from the first on, and how many are left."""
    taken: list[str] = []
    every = list(parts)
    for part in every:
        if len(part) > room:
            break
        taken.append(part)
        room -= len(part)
    return "".join(taken), len(every) - len(taken)


def _head(preview: Preview) -> str:
    rows = "".join(
        f"| {code(item.stack)} | {_verdict(item)} | {code(item.digest)} |\n" for item in preview.stacks[:200]
    )
    return (
        f"### {summary(preview)}\n\n"
        f"{code(preview.base[:12])} → {code(preview.head[:12])}\n\n"
        f"| stack | what would happen | plan |\n|---|---|---|\n{rows}\n"
    )


def _verdict(item: StackPreview) -> str:
    wrong = f"**{counted(len(item.problems), 'problem')}**" if item.problems else ""
    return "; ".join(filter(None, (counts(item.counts), wrong)))


def _tells(item: StackPreview) -> bool:
    return bool(item.changes or item.problems or item.notes or item.hooks)


def _stack(item: StackPreview) -> str:
    lines = [f"#### {code(item.stack)}", ""]
    lines += [fenced(str(problem)) for problem in item.problems[:_MOST_OBJECTS]]
    warnings = [(change, text) for change in item.changes for text in change.warnings]
    lines += [f"- ⚠️ {code(str(change.key))}: {code(text)}" for change, text in warnings[:_MOST_OBJECTS]]
    lines += _more(len(warnings), "warning")
    lines += [f"- {code(note)}" for note in item.notes]
    lines += [f"- runs {code(name)}" for name in item.hooks[:_MOST_OBJECTS]]
    if item.drift is not None:
        lines.append(f"- in the cluster, {counted(item.drift, 'thing')} would have to change")
    if len(lines) > 2:
        lines.append("")
    return "\n".join(lines) + "\n" + "".join(_tables(item))


def _tables(item: StackPreview) -> Iterator[str]:
    for (wave, application), found in by_application(item):
        effects = [str(change.effect) for change in found]
        told = counts({effect: effects.count(effect) for effect in dict.fromkeys(effects)})
        rows = [f"| {change.effect} | {code(str(change.key))} |" for change in found[:_MOST_OBJECTS]]
        yield "\n".join(
            [
                f"<details><summary>wave {wave}, <code>{_text(application)}</code>: {told}</summary>",
                "",
                "| | object |",
                "|---|---|",
                *rows,
                "",
                *_more(len(found), "object"),
                _DETAILS,
            ]
        )


def _more(number: int, noun: str) -> list[str]:
    return [f"… and {counted(number - _MOST_OBJECTS, noun)} more", ""] if number > _MOST_OBJECTS else []


def _difference(item: StackPreview, change: ObjectChange) -> str:
    lines = diff_of(change).splitlines()
    cut = [f"… and {counted(len(lines) - _MOST_LINES, 'line')} more"] if len(lines) > _MOST_LINES else []
    title = f"{item.stack}: {change.effect} {change.key}"
    body = fenced("\n".join([*lines[:_MOST_LINES], *cut]), "diff")
    return f"<details><summary><code>{_text(title)}</code></summary>\n\n{body}\n{_DETAILS}"


def fenced(text: str, language: str = "") -> str:
    """A block of code that its content can't end."""
    ticks = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{ticks}{language}\n{text}\n{ticks}"


def code(text: str) -> str:
    """A span of code in a line or a cell, that its content can't end."""
    line = " ".join(text.split()).replace("`", "'").replace("|", "\\|")
    return f"`{line}`" if line else ""


def _text(text: str) -> str:
    return " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace("@", "&#64;")
