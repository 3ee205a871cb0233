from __future__ import annotations

import ast
import re
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.repository_files import ROOT, python_files, shown

PACKAGES = sorted({file.parent for file in python_files() if file.name == "__init__.py"})
OWN = [
    file for file in python_files() if file.relative_to(ROOT).parts[0] in {"gitops", "components", "sandbox"}
]
WORN_OUT = {"utils", "util", "helpers", "helper", "common", "misc", "shared", "base", "core", "lib"}


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: str(package.relative_to(ROOT)))
def test_a_package_says_in_three_sentences_what_comes_in_what_goes_out_and_what_it_does_not_know(
    package: Path,
) -> None:
    text = ast.get_docstring(ast.parse((package / "__init__.py").read_text()))
    assert text
    sentences = re.split(r"(?<=[.!?])\s+(?=[A-Z`])", text.replace("\n", " "))
    assert len(sentences) == 3, sentences
    assert re.search(r"\bin\b.*\bcomes?\b|\bcomes?\b.*\bin\b|\bin comes?\b|\bIn\b", text)
    assert "does not" in text or "never" in text or "knows no" in text


def test_no_file_is_longer_than_400_lines() -> None:
    assert shown([file for file in python_files() if len(file.read_text().splitlines()) > 400]) == []


def test_the_median_file_is_short() -> None:
    lengths = [len(file.read_text().splitlines()) for file in OWN if file.name != "__init__.py"]
    assert statistics.median(lengths) <= 130


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert shown([file for file in python_files() if WORN_OUT & {file.stem, file.parent.name}]) == []


def test_imports_go_one_way() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]


def test_pure_rooms_import_nothing_but_the_standard_library_and_each_other() -> None:
    for file in (ROOT / "gitops" / "model").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                top = name.partition(".")[0]
                assert top in sys.stdlib_module_names or name.startswith("gitops.model"), (
                    f"{file.name}: {name}"
                )


def test_the_program_starts_without_the_template_language() -> None:
    look = "import sys, components.program; sys.exit(any(m.split('.')[0] == 'gotpl' for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", look], cwd=ROOT, check=False).returncode == 0
