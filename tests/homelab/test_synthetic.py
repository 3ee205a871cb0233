"""Repositories of any size, for the benchmark."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from gitops.model.errors import ConfigError
from sandbox.synthetic import write_repository


def contents(repository: Path) -> dict[str, list[dict[str, Any]]]:
    def git(*arguments: str) -> str:
        command = ["git", "-C", str(repository), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    return {
        path: [json.loads(document) for document in git("show", f"main:{path}").split("---\n")]
        for path in git("ls-tree", "-r", "--name-only", "main").splitlines()
    }


def test_it_has_exactly_as_many_applications_and_objects_as_asked(tmp_path: Path) -> None:
    write_repository(tmp_path / "s.git", applications=6, objects_per_application=10, waves=3)
    found = contents(tmp_path / "s.git")
    assert sorted(found) == [f"k8s/02-apps/{20 + i // 2}-service-{i:04}/objects.yaml" for i in range(6)]
    assert {len(objects) for objects in found.values()} == {10}


def test_no_two_objects_of_an_application_are_the_same(tmp_path: Path) -> None:
    write_repository(tmp_path / "s.git", applications=1, objects_per_application=50)
    (objects,) = contents(tmp_path / "s.git").values()
    names = {(each["kind"], each["metadata"]["name"]) for each in objects}
    assert len(names) == 50


def test_another_revision_changes_one_object_in_a_commit_on_top(tmp_path: Path) -> None:
    repository = tmp_path / "s.git"
    first = write_repository(repository, applications=3, objects_per_application=16)
    before = contents(repository)
    assert write_repository(repository, applications=3, objects_per_application=16) == first
    assert write_repository(repository, applications=3, objects_per_application=16, revision=1) != first
    after = contents(repository)
    changed = [(p, i) for p in before for i in range(16) if before[p][i] != after[p][i]]
    assert changed == [("k8s/02-apps/20-service-0000/objects.yaml", 0)]


@pytest.mark.parametrize("numbers", [(0, 1, 1), (1, 0, 1), (1, 1, 0), (2, 1, 3), (-1, 5, 1)])
def test_sizes_that_make_no_sense_are_refused(tmp_path: Path, numbers: tuple[int, int, int]) -> None:
    applications, objects, waves = numbers
    with pytest.raises(ConfigError, match="whole numbers"):
        write_repository(
            tmp_path / "s.git", applications=applications, objects_per_application=objects, waves=waves
        )
    assert not (tmp_path / "s.git").exists()
