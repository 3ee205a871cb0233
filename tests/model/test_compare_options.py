from __future__ import annotations

from typing import Any

import pytest

from gitops.model.compare_options import ANNOTATION, CompareOptions, compare_options


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("IgnoreExtraneous", CompareOptions(ignore_extraneous=True)),
        (
            "ServerSideDiff=true, IgnoreExtraneous",
            CompareOptions(ignore_extraneous=True, not_honored=("ServerSideDiff=true",)),
        ),
        (
            "ServerSideDiff=true,IncludeMutationWebhook=true",
            CompareOptions(not_honored=("ServerSideDiff=true", "IncludeMutationWebhook=true")),
        ),
        (" , ", CompareOptions()),
        ("", CompareOptions()),
    ],
)
def test_compare_options_are_honored_or_named(text: str, expected: CompareOptions) -> None:
    assert compare_options({ANNOTATION: text}) == expected


@pytest.mark.parametrize("annotations", [None, {}, "x", {"other": "IgnoreExtraneous"}])
def test_an_object_without_the_annotation_has_none(annotations: Any) -> None:
    assert compare_options(annotations) == CompareOptions()
