"""A row of the table of Argo CD's behaviors, and the mark of the tests that prove it."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import pytest

Status = Literal["same", "differs", "later"]


class Row(NamedTuple):
    """What Argo CD does, and whether it is so here.

    Attributes:
        id: its section and a short name, such as `order.kinds`; what `rule` takes.
        rule: what Argo CD does, in one sentence.
        status: `same` here, `differs` on purpose, or `later`: not here yet.
        why: what is done instead and for which reason; "" for `same`.
    """

    id: str
    rule: str
    status: Status = "same"
    why: str = ""

    @property
    def section(self) -> str:
        """The part of the id before the dot."""
        return self.id.partition(".")[0]


def differs(id_: str, rule: str, why: str) -> Row:
    """A row whose behavior is another one here; its test holds what is done instead."""
    return Row(id_, rule, "differs", why)


def later(id_: str, rule: str, why: str) -> Row:
    """A row that nothing here does yet."""
    return Row(id_, rule, "later", why)


def rule(id_: str) -> pytest.MarkDecorator:
    """The mark of a test, or of one case of a test, that fails when the row's rule is broken."""
    return pytest.mark.rule(id_)


def cases(*table: tuple[Any, ...]) -> list[Any]:
    """The cases of a test, each with the id of the row that it proves in front of its values."""
    return [pytest.param(*values, id=id_, marks=rule(id_)) for id_, *values in table]
