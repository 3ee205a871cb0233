"""What a section of each strategy comes to: to renew a file, see `python -m tests.rollouts.test_golden`."""

from __future__ import annotations

import pytest

from tests.rollouts.built import GOLDEN, built, golden, shown

CASES = sorted(folder.name for folder in GOLDEN.iterdir())


def test_every_strategy_has_a_golden_file() -> None:
    assert CASES == ["blue-green", "canary", "canary-istio-hosts", "canary-istio-subsets", "workload-ref"]


@pytest.mark.parametrize("name", CASES)
def test_a_section_comes_to_what_the_golden_file_shows(name: str) -> None:
    found, problems = built(*golden(name))
    assert problems == []
    assert shown(found) == (GOLDEN / name / "expected.yaml").read_text()


if __name__ == "__main__":
    for case in CASES:
        objects, faults = built(*golden(case))
        assert faults == [], faults
        (GOLDEN / case / "expected.yaml").write_text(shown(objects))
