"""The page about rollouts, held against the keys that are read and the checks that the library has."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest

from gitops.model.rollout.analysis import Check
from gitops.model.rollout.blue_green import BlueGreen
from gitops.model.rollout.canary import Canary, Step
from gitops.model.rollout.section import RolloutSection
from gitops.model.rollout.traffic import Istio
from gitops.rollouts.library import LIBRARY
from gitops.source.typed import keys
from tests.house.repository_files import ROOT

TEXT = (ROOT / "docs/rollouts.md").read_text()


def rows(heading: str) -> list[str]:
    """The first columns of the tables below a heading."""
    section = re.split(r"^#+ ", TEXT.partition(f"\n### {heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    return re.findall(r"^\| `([a-zA-Z0-9-]+)` \|", section, re.MULTILINE)


@pytest.mark.parametrize(
    ("heading", "model"),
    [
        ("rollout", RolloutSection),
        ("canary", Canary),
        ("steps", Step),
        ("istio", Istio),
        ("blueGreen", BlueGreen),
    ],
)
def test_a_section_s_keys_are_the_documented_ones(heading: str, model: type) -> None:
    assert sorted(rows(heading)) == keys(model, "")


def test_the_library_and_the_keys_of_a_check_are_the_documented_ones() -> None:
    assert rows("checks") == [*LIBRARY, *(name for name in rows("checks") if name in keys(Check, ""))]
    assert set(rows("checks")) - set(LIBRARY) == set(keys(Check, ""))
    assert len(fields(Check)) == len(keys(Check, ""))


def test_thresholds_are_the_documented_ones() -> None:
    for name, named in LIBRARY.items():
        row = next(line for line in TEXT.splitlines() if line.startswith(f"| `{name}`"))
        assert row.split("|")[-2].split()[-1] == f"{named.threshold:g}"
        assert named.meaning in row
