"""The table, its tests and the manual agree."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.table import ROWS, SECTIONS, markdown, of_status

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
MANUAL = HERE.parents[1] / "docs" / "argocd.md"
KNOWN = {row.id: row for row in ROWS}


def functions() -> Iterator[tuple[str, Any]]:
    """Every test of the suite but those here."""
    for file in sorted(HERE.glob("test_*.py")):
        if file != Path(__file__):
            module = import_module(f"tests.conformance.{file.stem}")
            yield from (
                (f"{file.stem}::{name}", f) for name, f in vars(module).items() if name.startswith("test_")
            )


def rules_of(function: Any) -> Iterator[str]:
    """The ids of the rows that a test or one of its cases names."""
    for mark in getattr(function, "pytestmark", ()):
        if mark.name == "rule":
            yield mark.args[0]
        elif mark.name == "parametrize":
            yield from (
                one.args[0]
                for case in mark.args[1]
                for one in getattr(case, "marks", ())
                if one.name == "rule"
            )


USED = {name: sorted(set(rules_of(function))) for name, function in functions()}


def test_every_row_that_holds_here_has_a_test_and_no_test_names_another() -> None:
    used = {id_ for ids in USED.values() for id_ in ids}
    assert used - KNOWN.keys() == set()
    assert {row.id for row in ROWS if row.status != "later"} - used == set()
    assert {row.id for row in of_status("later")} & used == set()


def test_every_test_of_the_suite_names_its_row() -> None:
    assert [name for name, ids in USED.items() if not ids] == []


def test_no_row_s_test_is_passed_over() -> None:
    marks = {mark.name for _, function in functions() for mark in getattr(function, "pytestmark", ())}
    assert marks <= {"rule", "parametrize"}
    kinds = {m.name for _, f in functions() for p in getattr(f, "pytestmark", ()) if p.name == "parametrize"
             for case in p.args[1] for m in getattr(case, "marks", ())}  # fmt: skip
    assert kinds <= {"rule"}


def test_ids_are_unique_and_of_a_section() -> None:
    assert len(KNOWN) == len(ROWS)
    assert {row.section for row in ROWS} == SECTIONS.keys()
    assert [row.id for row in ROWS if not re.fullmatch(r"[a-z]+\.[a-z]+(-[a-z]+)*", row.id)] == []


def test_every_row_is_a_sentence_and_says_why_where_it_differs() -> None:
    assert [row.id for row in ROWS if not re.fullmatch(r"\S.{5,}\.", row.rule)] == []
    assert [row.id for row in ROWS if bool(row.why) is (row.status == "same")] == []
    assert [row.id for row in ROWS if row.why and not row.why.endswith(".")] == []


@pytest.mark.parametrize("status", ["differs", "later"])
def test_the_manual_shows_what_differs_and_what_is_not_here_yet(status: Any) -> None:
    assert markdown(status) in MANUAL.read_text(), f"docs/argocd.md needs:\n{markdown(status)}"
