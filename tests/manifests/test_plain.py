from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gitops.manifests import plain
from tests import given
from tests.manifests.rendered import ROOT, rendered, rendering

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def read(
    files: Mapping[str, str | bytes], cache: Path, **modes: str
) -> tuple[list[tuple[str, Any]], list[str]]:
    commit = given.commit(
        {f"{ROOT}/{name}": text for name, text in files.items()},
        {f"{ROOT}/{n}.yaml": m for n, m in modes.items()},
    )
    found, told = rendered(commit, rendering(cache))
    return [(str(raw.where), raw.body) for raw in found], told


def test_documents_come_by_file_name_and_line(tmp_path: Path) -> None:
    files = {"b.yml": "b: 1\n---\nb: 2\n", "a.yaml": "a: 1\n", "c.json": '{"c": 1}'}
    assert read(files, tmp_path) == (
        [
            (f"{ROOT}/a.yaml:1", {"a": 1}),
            (f"{ROOT}/b.yml:1", {"b": 1}),
            (f"{ROOT}/b.yml:3", {"b": 2}),
            (f"{ROOT}/c.json:1", {"c": 1}),
        ],
        [],
    )


def test_only_manifests_right_in_the_directory_are_read(tmp_path: Path) -> None:
    others = ("gitops.yaml", ".hidden.yaml", "README.md", "values.txt", "sub/x.yaml", "x.YAML", "x.yaml.bak")
    assert read(dict.fromkeys(others, "a: 1"), tmp_path) == ([], [])


def test_a_file_that_asks_to_be_skipped_is_skipped(tmp_path: Path) -> None:
    assert read({"a.yaml": "# +argocd:skip-file-rendering\na: {{ template }}\n"}, tmp_path) == ([], [])


@pytest.mark.parametrize("mode", ["120000", "160000"])
def test_links_are_not_followed(tmp_path: Path, mode: str) -> None:
    found, [told] = read({"a.yaml": "/etc/passwd"}, tmp_path, a=mode)
    assert found == []
    assert told.startswith(f"{ROOT}/a.yaml: is a link, and links are not followed")


def test_a_file_of_very_many_documents_is_told_and_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain, "MAX_DOCUMENTS", 3)
    for _ in range(2):
        found, [told] = read({"a.yaml": "---\n".join(["a: 1\n"] * 4), "b.yaml": "b: 1\n"}, tmp_path)
        assert found == [(f"{ROOT}/b.yaml:1", {"b": 1})]
        assert told.startswith(f"{ROOT}/a.yaml: holds more than 3 objects")
    assert len(read({"a.yaml": "---\n".join(["a: 1\n"] * 3)}, tmp_path)[0]) == 3


def test_a_broken_file_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    found, [told] = read({"a.yaml": "a: [\n", "b.yaml": "b: 1\n"}, tmp_path)
    assert found == [(f"{ROOT}/b.yaml:1", {"b": 1})]
    assert told.startswith(f"{ROOT}/a.yaml:2: can't be read")


def test_a_broken_file_is_told_again_by_the_next_run(tmp_path: Path) -> None:
    assert read({"a.yaml": "a: [\n"}, tmp_path) == read({"a.yaml": "a: [\n"}, tmp_path)


def test_a_second_run_reads_the_same_from_the_cache(tmp_path: Path) -> None:
    files = {"a.yaml": "a: 0644\nb: 1.5\nc: 123456789012345678901234567890\nd: {on: é}\n"}
    first, second = read(files, tmp_path), read(files, tmp_path)
    assert first == second
    assert any(tmp_path.rglob("*.json"))


@pytest.mark.parametrize("damage", [b"", b"{", b"\xff", b"null"])
def test_a_damaged_cache_costs_only_time(tmp_path: Path, damage: bytes) -> None:
    files = {"a.yaml": "a: 1\n"}
    first = read(files, tmp_path)
    for file in tmp_path.rglob("*.json"):
        file.write_bytes(damage)
    assert read(files, tmp_path) == first


def test_a_cache_that_can_not_be_written_to_is_no_failure(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    assert read({"a.yaml": "a: 1\n"}, blocked / "cache") == ([(f"{ROOT}/a.yaml:1", {"a": 1})], [])
