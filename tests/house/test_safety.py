from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest

from tests.house.repository_files import ROOT, python_files, repository_files, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

# Put together here, so that this file is not one of those it looks for.
MACHINE = re.compile("|".join(("/ro" + "ot/", "/wo" + "rk/", r"/home/(?!git/)[a-z]+/", "/Us" + "ers/")))
REGISTRIES = re.compile(
    "|".join(("arti" + "factory", "nex" + "us[.-]", "index" + "-url", "GO" + "PROXY=http")), re.IGNORECASE
)
UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")


def calls() -> Iterator[tuple[str, ast.Call, str]]:
    """Every call in the repository's Python: where, the call, and the name that is called."""
    for file in python_files():
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call):
                yield f"{file.relative_to(ROOT)}:{node.lineno}", node, ast.unparse(node.func)


CALLS = list(calls())


def safe_loaders(tree: ast.Module) -> set[str]:
    """Names in a file that stand for a safe loader, or for a class made from one."""
    return {
        node.name if isinstance(node, ast.ClassDef) else ast.unparse(node.targets[0])
        for node in tree.body
        if (isinstance(node, ast.ClassDef) and any("SafeLoader" in ast.unparse(base) for base in node.bases))
        or (isinstance(node, ast.Assign) and "SafeLoader" in ast.unparse(node.value))
    }


def test_yaml_is_only_read_by_safe_loaders() -> None:
    def safe(where: str, call: ast.Call) -> bool:
        loaders = [ast.unparse(argument) for argument in call.args[1:]]
        loaders += [ast.unparse(keyword.value) for keyword in call.keywords if keyword.arg == "Loader"]
        known = safe_loaders(ast.parse((ROOT / where.partition(":")[0]).read_text()))
        return bool(loaders) and all("SafeLoader" in loader or loader in known for loader in loaders)

    risky = re.compile(r"yaml\.(?:(?:unsafe_|full_)?load(?:_all)?|parse|compose)")
    assert [where for where, call, name in CALLS if risky.fullmatch(name) and not safe(where, call)] == []


def test_nothing_is_run_through_a_shell() -> None:
    with_shell = [
        where for where, call, name in CALLS
        if name in {"os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput"}
        or any(k.arg == "shell" and ast.unparse(k.value) != "False" for k in call.keywords)
    ]  # fmt: skip
    assert with_shell == []


def test_nothing_is_evaluated_or_unpickled() -> None:
    dangerous = {"eval", "exec", "pickle.load", "pickle.loads", "marshal.loads", "__import__"}
    assert [where for where, _, name in CALLS if name in dangerous] == []


@pytest.mark.parametrize("pattern", [MACHINE, REGISTRIES], ids=["paths of a machine", "registries"])
def test_no_file_knows_the_machine_it_was_written_on(pattern: re.Pattern[str]) -> None:
    found = [
        file for file in repository_files()
        if (content := file.read_bytes()) and b"\0" not in content and pattern.search(content.decode(errors="replace"))
    ]  # fmt: skip
    assert shown(found) == []


def test_nothing_is_left_unfinished() -> None:
    assert shown([file for file in python_files() if UNFINISHED.search(file.read_text())]) == []


def test_every_test_asserts_something() -> None:
    def asserts(function: ast.AST) -> bool:
        return any(
            isinstance(node, ast.Assert)
            or (
                isinstance(node, ast.Call)
                and re.search(r"raises|refuse|assert|check|expect|must|raise_any", ast.unparse(node.func))
            )
            for node in ast.walk(function)
        )

    silent = [
        f"{file.relative_to(ROOT)}::{node.name}"
        for file in python_files()
        if file.name.startswith("test_")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and not asserts(node)
    ]
    assert silent == []
