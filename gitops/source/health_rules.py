"""Rules of health as a stack or a `gitops.yaml` states them, read strictly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from gitops.expressions import ExpressionError, check_condition
from gitops.model.health_rule import HealthRule
from gitops.source.shaped import shaped

if TYPE_CHECKING:
    from gitops.model.errors import Location, Problems

_Text = Annotated[str, msgspec.Meta(min_length=1)]
_MOST = 100
_EXPRESSIONS = ("current", "inProgress", "failed")


class _Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    api_version: _Text
    kind: _Text
    current: _Text
    in_progress: str = ""
    failed: str = ""


def read_health_rules(
    values: Any, where: Location, problems: Problems, application: str = ""
) -> tuple[HealthRule, ...]:
    """The rules in a list of plain values; what is wrong goes to `problems`, each with the rule's number."""
    if not isinstance(values, list | tuple) or len(values) > _MOST:
        problems.add(
            f"health rules: a list of at most {_MOST} rules is expected",
            where,
            "state each rule as apiVersion, kind, current and, if needed, inProgress and failed",
            application,
        )
        return ()
    found = []
    for number, value in enumerate(values, 1):
        try:
            rule = shaped(value, _Rule)
        except msgspec.ValidationError as error:
            what = f"health rule {number}: {str(error).replace(' - at `$.', ' - at `')}"
            step = f"its keys are {', '.join(sorted(_Rule.__struct_encode_fields__))}"
            problems.add(what, where, step, application)
            continue
        texts = {name: getattr(rule, field) for name, field in zip(_EXPRESSIONS, _FIELDS, strict=True)}
        wrong = {name: said for name, text in texts.items() if text and (said := _wrong(text))}
        for name, said in wrong.items():
            problems.add(
                f"health rule {number} ({rule.kind}): `{name}` {said}",
                where,
                "mend the CEL expression: its variables are the object's own fields, such as status",
                application,
            )
        if not wrong:
            found.append(HealthRule(rule.api_version, rule.kind, rule.current, rule.in_progress, rule.failed))
    return tuple(found)


_FIELDS = ("current", "in_progress", "failed")


def _wrong(expression: str) -> str:
    try:
        check_condition(expression)
    except ExpressionError as error:
        return str(error)
    return ""
