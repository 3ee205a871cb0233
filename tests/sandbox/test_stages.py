from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from sandbox.controlplane.stages import _FROM_MODULE, FATE, render
from tests.house.repository_files import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def stages(module: Path) -> dict[str, Any]:
    """What is rendered from a module whose stages match on nothing."""
    for path in _FROM_MODULE:
        file = module / "kustomize" / "stage" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"metadata: {{name: {file.stem}}}\nspec: {{selector: {{matchExpressions: []}}}}\n")
    return {stage["metadata"]["name"]: stage["spec"] for stage in yaml.safe_load_all(render(module))}


def test_pods_with_a_fate_neither_get_ready_nor_complete(tmp_path: Path) -> None:
    excluded = {"key": f'.metadata.annotations["{FATE}"]', "operator": "DoesNotExist"}
    found = stages(tmp_path)
    with_it = {name for name, spec in found.items() if excluded in spec["selector"]["matchExpressions"]}
    assert with_it == {"pod-ready", "pod-complete"}


def test_every_fate_that_is_documented_is_known(tmp_path: Path) -> None:
    table = (ROOT / "docs" / "sandbox.md").read_text().partition("| fate |")[2].partition("\n\n")[0]
    documented = set(re.findall(r"^\| `(\S+)` \|", table, re.MULTILINE))
    (fates,) = (
        e["values"] for e in stages(tmp_path)["pod-fate"]["selector"]["matchExpressions"] if FATE in e["key"]
    )
    assert documented == {*fates, "never-ready"}
