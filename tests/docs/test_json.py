"""Every key that a command prints as JSON is in the manual, and no other."""

from __future__ import annotations

import ast
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.docs.documents import DOCUMENTS
from tests.house.repository_files import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

MANUAL = (ROOT / "docs/commands.md").read_text()
# what is not ours to list: a Kubernetes object, and values of any type
OPEN = {"manifest", "wanted", "live", "planned"}


def documented(schema: str) -> set[str]:
    section = MANUAL.partition(f"\n### `{schema}`\n")[2]
    section = re.split(r"^#+ ", section, maxsplit=1, flags=re.MULTILINE)[0]
    cells = re.findall(r"^\| (`.*?`) \|", section, re.MULTILINE)
    return {name for cell in cells for name in re.findall("`(.+?)`", cell)}


def keys(value: Any, path: str = "") -> Iterator[str]:
    """The paths of all values; a list of objects has the paths of its entries, counts by name have none."""
    if isinstance(value, dict) and not all(isinstance(item, int) for item in value.values()):
        for name, below in value.items():
            at = f"{path}.{name}" if path else name
            yield from [at] if name in OPEN else keys(below, at)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for item in value:
            yield from keys(item, path)
    else:
        yield path


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: json.loads(document)["schema"])
def test_keys_are_the_documented_ones(document: str) -> None:
    value = json.loads(document)
    schema = value.pop("schema")
    told = documented(schema)
    containers = {name.rpartition(".")[0] for name in told} | {"applications.objects"}
    assert set(keys(value)) - containers == told - containers


def test_every_schema_is_documented() -> None:
    schemas = {
        node.value
        for file in (ROOT / "gitops/report").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"gitops\.internal/[a-z-]+/v\d+", node.value)
    }
    manual = "".join(file.read_text() for file in (ROOT / "docs").glob("*.md"))
    assert {schema for schema in schemas if f"`{schema}`" not in manual} == set()
    assert {json.loads(document)["schema"] for document in DOCUMENTS} >= set(
        re.findall(r"^### `(.+)`$", MANUAL, re.MULTILINE)
    )
