"""Shapes are learned by one thread at a time."""

from __future__ import annotations

import subprocess
import sys

import msgspec
import pytest

from gitops.source.shaped import shaped, shaped_json
from tests.house.repository_files import ROOT

# new shapes, each met by three threads at once
RACE = """
import msgspec, sys, threading
from gitops.source.shaped import shaped

sys.setswitchinterval(1e-6)
for number in range(300):
    inner = msgspec.defstruct("Inner", [(f"f{n}", "dict[str, int]", {}) for n in range(30)])
    outer = msgspec.defstruct("Outer", [("a", list[inner], []), ("b", dict[str, inner], {})])
    value = {"a": [{"f1": {"x": 1}}], "b": {"k": {"f2": {"y": 2}}}}
    threads = [threading.Thread(target=shaped, args=(value, outer)) for _ in range(3)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
"""


class Point(msgspec.Struct):
    x: int


def test_threads_that_meet_a_shape_at_once_do_not_crash() -> None:
    done = subprocess.run([sys.executable, "-c", RACE], cwd=ROOT, timeout=60, check=False)
    assert done.returncode == 0


def test_a_value_is_shaped_or_refused() -> None:
    assert shaped({"x": 1}, Point) == Point(1) == shaped_json('{"x": 1}', Point)
    assert shaped({"x": "1"}, Point, strict=False) == Point(1)
    for bad in ({"x": "1"}, {}, None, []):
        with pytest.raises(msgspec.ValidationError):
            shaped(bad, Point)


def test_nobody_goes_past_it() -> None:
    """Reading JSON without a shape learns nothing."""
    passing = {
        str(file.relative_to(ROOT))
        for folder in ("gitops", "components")
        for file in (ROOT / folder).rglob("*.py")
        if any(word in file.read_text() for word in ("msgspec.convert(", "type=shape", "Decoder("))
    }
    assert passing == {"gitops/source/shaped.py"}
