"""Places inside objects, by JSON pointer and by the paths that jq gives."""

from __future__ import annotations

from typing import Any

import pytest

from gitops.model.paths import ABSENT, Path, at, from_jq, from_pointer, shown, without

BODY: dict[str, Any] = {"a/b": {"m~n": 1}, "list": [{"x": 1}, {"x": 2}, {"x": 3}], "": {"": 0}, "0": "zero"}


@pytest.mark.parametrize(
    ("pointer", "path"),
    [
        ("/a~1b", ("a/b",)),
        ("/a~1b/m~0n", ("a/b", "m~n")),
        ("/list/1/x", ("list", 1, "x")),
        ("/0", ("0",)),
        ("//", ("", "")),
        ("/list/3", None),
        ("/list/01", None),
        ("/list/-", None),
        ("/list/-1", None),
        ("/list/99999999999999999999", None),
        ("/nope/deeper", None),
        ("/0/deeper", None),
        ("", None),
        ("no slash", None),
    ],
)
def test_a_json_pointer_names_a_place_or_none(pointer: str, path: Path | None) -> None:
    assert from_pointer(pointer, BODY) == path


@pytest.mark.parametrize(
    ("found", "places"),
    [
        (["list", 0, "x"], [("list", 0, "x")]),
        (["list", -1], [("list", 2)]),
        (["list", -4], []),
        (["list", 1.0], [("list", 1)]),
        (["list", {"start": 1, "end": None}, "x"], [("list", 1, "x"), ("list", 2, "x")]),
        (["list", {"start": 0, "end": -1}], [("list", 0), ("list", 1)]),
        (["nope", "x"], []),
        ([], []),
    ],
)
def test_a_path_of_jq_names_places(found: list[Any], places: list[Path]) -> None:
    assert list(from_jq(found, BODY)) == places


def test_places_are_taken_out_and_nothing_else_changes() -> None:
    before = repr(BODY)
    left = without(BODY, [("list", 0), ("list", 2, "x"), ("a/b", "m~n"), ("nope",), ("0", "x")])
    assert left == {"a/b": {}, "list": [{"x": 2}, {}], "": {"": 0}, "0": "zero"}
    assert repr(BODY) == before
    assert left[""] is BODY[""]


def test_a_place_inside_another_one_that_goes_is_no_matter() -> None:
    for paths in ([("list",), ("list", 0, "x")], [("list", 0, "x"), ("list",)]):
        assert "list" not in without(BODY, paths)
    assert without(BODY, []) is BODY


def test_a_path_reads_as_people_write_it() -> None:
    assert shown(("spec", "containers", 0, "image")) == "spec.containers[0].image"
    assert at(BODY, ("list", 1, "x")) == 2
    assert at(BODY, ("list", "1")) is ABSENT
