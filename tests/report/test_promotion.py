"""The text of a pull request that asks for a promotion."""

from __future__ import annotations

from gitops.report.promotion import as_proposal


def test_a_difference_can_not_end_the_block_that_it_is_shown_in() -> None:
    diff = "--- a\n+++ b\n ```````\n+@everyone\n"
    told = as_proposal(["one\ntwo"], diff)
    assert told == f"one  \ntwo\n\n````````diff\n{diff}````````\n"
