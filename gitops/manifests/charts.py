"""The charts that a chart needs: vendored ones checked, those beside it found, those elsewhere downloaded once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from posixpath import basename, join
from typing import TYPE_CHECKING, Any

from gitops.manifests.archive import ArchiveError, unpacked
from gitops.manifests.pull import pull
from gitops.manifests.raw import RenderError
from gitops.manifests.rendering import inside
from gitops.model.errors import Location
from gitops.source.yaml import YamlError, read_with_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitops.manifests.rendering import Rendering
    from gitops.source.commit import Commit, Entry

EXACT_VERSION = re.compile(r"v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")
_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Part:
    """A chart for another one's `charts/` folder: its place below that chart, and where its files are."""

    place: str
    commit: Commit
    path: str


def parts(commit: Commit, chart: str, rendering: Rendering, depth: int = 0) -> Iterator[Part]:
    """The dependencies of a chart that its own `charts/` folder lacks.

    Format: helm.sh/docs/topics/charts (`Chart.yaml`, `Chart.lock`, and `requirements.yaml` of older charts).

    Raises:
        RenderError: one can't be had, or its version is not settled.
    """
    vendored = frozenset(_vendored(commit, chart, rendering))
    for file, line, dependency in _stated(commit, chart):
        name, repository = str(dependency.get("name", "")), str(dependency.get("repository") or "")
        where, place = Location(file, line), f"charts/{name}"
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
            raise RenderError(f"dependency {name!r} has no usable name", where)
        if name in vendored:
            continue
        if repository.startswith("file://"):
            path = inside(join(chart, repository.removeprefix("file://")))
            if path is None or not commit.has_folder(path):
                what = "leaves the repository" if path is None else "does not exist"
                raise RenderError(
                    f"dependency {name}: {repository} {what}", where, "name a folder of this repository"
                )
            if depth >= _DEEPEST:
                raise RenderError(
                    f"dependency {name}: charts need each other in a circle, or too deeply", where
                )
            yield Part(place, commit, path)
            for part in parts(commit, path, rendering, depth + 1):
                yield Part(f"{place}/{part.place}", part.commit, part.path)
        elif repository:
            version = _version(commit, chart, name, repository, str(dependency.get("version", "")), where)
            pulled = pull(repository, name, version, rendering, where)
            yield Part(place, pulled, name)
        else:
            raise RenderError(
                f"dependency {name} is not in {join(chart, 'charts')}",
                where,
                "commit it there, or state its repository",
            )


def _stated(commit: Commit, chart: str) -> Iterator[tuple[str, int, dict[str, Any]]]:
    for file in (join(chart, "Chart.yaml"), join(chart, "requirements.yaml")):
        body, lines = read(commit, file)
        items = body.get("dependencies") if isinstance(body, dict) else None
        for index, item in enumerate(items if isinstance(items, list) else ()):
            if isinstance(item, dict):
                yield file, lines.get(f"dependencies[{index}]", 0), item


def read(commit: Commit, file: str) -> tuple[Any, dict[str, int]]:
    """A YAML file and the lines of its keys; None when there is no such file.

    Raises:
        RenderError: it is no YAML.
    """
    if file not in commit.entries:
        return None, {}
    try:
        return read_with_lines(commit.read(file))
    except YamlError as error:
        raise RenderError(f"can't be read: {error}", Location(file, error.line), "mend the file") from error


def _vendored(commit: Commit, chart: str, rendering: Rendering) -> Iterator[str]:
    """The names of the charts in `charts/`; packaged ones are looked into before any program does."""
    folder = join(chart, "charts")
    start = len(folder) + 1
    for entry in commit.files_below(folder):
        below = entry.path[start:]
        if below.count("/") == 1 and basename(below) == "Chart.yaml":
            body, _ = read(commit, entry.path)
            yield str(body.get("name", "")) if isinstance(body, dict) else ""
        elif below.endswith((".tgz", ".tar.gz")):
            name = _packaged(commit, entry, rendering)
            if "/" not in below:
                yield name


def _packaged(commit: Commit, entry: Entry, rendering: Rendering) -> str:
    """The name of the chart in an archive, which is looked into once."""
    kept = rendering.cache.get("packaged", entry.id)
    if kept is None:
        try:
            kept = next((folder.path for folder in unpacked(commit.read_object(entry.id)).folders()), "")
        except ArchiveError as error:
            raise RenderError(
                f"can't be unpacked: {error}", Location(entry.path), "package it anew"
            ) from error
        rendering.cache.put(kept, "packaged", entry.id)
    return str(kept)


def _version(commit: Commit, chart: str, name: str, repository: str, wanted: str, where: Location) -> str:
    """The one version to take: the lock file's, else the stated one when it is exact."""
    for file in (join(chart, "Chart.lock"), join(chart, "requirements.lock")):
        body, _ = read(commit, file)
        items = body.get("dependencies") if isinstance(body, dict) else None
        for item in items if isinstance(items, list) else ():
            if isinstance(item, dict) and (item.get("name"), item.get("repository")) == (name, repository):
                return str(item.get("version", ""))
    if EXACT_VERSION.fullmatch(wanted):
        return wanted
    raise RenderError(
        f"dependency {name}: version {wanted!r} may be another one tomorrow",
        where,
        f"state one exactly, or commit the Chart.lock that `helm dependency update {chart or '.'}` writes",
    )
