"""Lines that GitHub Actions reads."""

from __future__ import annotations

import re

from gitops.model.errors import Location, Problem
from gitops.report.pipeline import group, marks


def test_a_problem_is_marked_in_its_file_and_line() -> None:
    problem = Problem("100% wrong\nindeed", Location("k8s/a,b:c.yaml", 3), "mend it")
    assert marks([problem]) == ("::error file=k8s/a%2Cb%3Ac.yaml,line=3::100%25 wrong%0Aindeed%0A→ mend it")
    assert marks([Problem("all", Location("x.yaml")), Problem("none")], "warning") == (
        "::warning file=x.yaml::all\n::warning::none"
    )


def test_nothing_in_a_group_is_a_command() -> None:
    text = group("a\n::error::b", " ::add-mask::x\n::endgroup::")
    assert text.startswith("::group::a%0A::error::b\n")
    word = re.search(r"^::stop-commands::(\w{32})$", text, re.MULTILINE)
    assert word
    assert text.endswith(f"\n ::add-mask::x\n::endgroup::\n::{word[1]}::\n::endgroup::")
