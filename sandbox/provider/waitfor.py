"""The `pulumi.com/waitFor` annotation: `jsonpath=…`, `condition=…`, or a JSON array of those.

The JSONPath is the part of kubectl's dialect that points at values: fields, quoted fields, indexes, `[*]`,
and filters of the form `[?(@.type=="Ready")]`.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from sandbox.provider.verdict import READY, Verdict, waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gitops.cluster.client import Object

_STEP = re.compile(
    r"""\.(?P<field>[^.\[\]]+)
      | \[(?P<quote>['"])(?P<quoted>.*?)(?P=quote)\]
      | \[(?P<index>-?\d+|\*)\]
      | \[\?\(@\.(?P<key>[\w.\-]+)\s*==\s*(?P<mark>['"])(?P<equals>.*?)(?P=mark)\)\]""",
    re.VERBOSE,
)


class InvalidWaitFor(ValueError):  # noqa: N818 - says what the text is
    """The annotation can't be read."""


def parse(text: str) -> Callable[[Object], Verdict]:
    """A check of a live object that is ready when every expression holds. Raises InvalidWaitFor."""
    expressions: Any = [text]
    if text.lstrip().startswith("["):
        try:
            expressions = json.loads(text)
        except ValueError:
            raise InvalidWaitFor("it starts like a JSON array and is none") from None
    if not expressions or not all(isinstance(e, str) for e in expressions):
        raise InvalidWaitFor("an array of expressions holds at least one, and only texts")
    checks = [_one(expression.strip()) for expression in expressions]

    def check(obj: Object) -> Verdict:
        unmet = [v for v in (c(obj) for c in checks) if not v.ready]
        return waiting("; ".join(v.reason for v in unmet)) if unmet else READY

    return check


def _one(expression: str) -> Callable[[Object], Verdict]:
    kind, separator, rest = expression.partition("=")
    if not separator or kind not in {"jsonpath", "condition"} or not rest:
        raise InvalidWaitFor(f"{expression!r} is neither `jsonpath=…` nor `condition=…`")
    if kind == "condition":
        name, _, status = rest.partition("=")
        return lambda obj: _condition(obj, name, status or "True")
    path, value = _split(rest)
    steps = _steps(path)
    return lambda obj: _path(obj, path, steps, value)


def _condition(obj: Object, name: str, status: str) -> Verdict:
    generation = (obj.get("metadata") or {}).get("generation") or 0
    for condition in (obj.get("status") or {}).get("conditions") or ():
        if str(condition.get("type", "")).lower() != name.lower():
            continue
        if condition.get("observedGeneration", generation) < generation:
            return waiting(f"condition {name} is about an older generation")
        if str(condition.get("status", "")).lower() == status.lower():
            return READY
        why = ": ".join(filter(None, [condition.get("reason"), condition.get("message")]))
        return waiting(
            f"condition {name} is {condition.get('status')}, not {status}{f' ({why})' if why else ''}"
        )
    return waiting(f"condition {name} is not there yet")


def _split(text: str) -> tuple[str, str | None]:
    """The path and the wanted value; an equals sign inside braces or brackets belongs to the path."""
    depth = 0
    for index, char in enumerate(text):
        depth += (char in "{[(") - (char in "}])")
        if char == "=" and depth == 0:
            return text[:index], text[index + 1 :].strip("'\"")
    return text, None


def _steps(path: str) -> list[re.Match[str]]:
    inner = path.strip().removeprefix("{").removesuffix("}").removeprefix("$")
    inner = inner if inner.startswith((".", "[")) else f".{inner}"
    steps, position = [], 0
    while position < len(inner):
        match = _STEP.match(inner, position)
        if not match:
            raise InvalidWaitFor(
                f"{path!r} is not a JSONPath that is understood, from {inner[position:]!r} on"
            )
        steps.append(match)
        position = match.end()
    return steps


def _path(obj: Object, path: str, steps: list[re.Match[str]], value: str | None) -> Verdict:
    found = [obj]
    for step in steps:
        found = [child for parent in found for child in _children(parent, step)]
    if not found:
        return waiting(f"{path} is not there yet")
    if value is None or any(_text(item) == value for item in found):
        return READY
    return waiting(f"{path} is {', '.join(_text(item) for item in found)}, not {value}")


def _children(parent: Any, step: re.Match[str]) -> Iterator[Any]:
    name = step["field"] or step["quoted"]
    if name is not None:
        if isinstance(parent, dict) and name in parent:
            yield parent[name]
    elif step["key"]:
        for item in parent if isinstance(parent, list) else ():
            if isinstance(item, dict) and _text(item.get(step["key"])) == step["equals"]:
                yield item
    elif isinstance(parent, list):
        yield from parent if step["index"] == "*" else parent[int(step["index"]) :][:1]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
