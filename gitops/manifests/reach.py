"""What a kustomization reads: the folders that it reaches through others, all of them inside the repository."""

from __future__ import annotations

import re
from dataclasses import dataclass
from posixpath import join, normpath
from typing import TYPE_CHECKING, Any

from gitops.manifests.charts import EXACT_VERSION
from gitops.model.errors import Location
from gitops.source.commit import LINK, SUBMODULE
from gitops.source.yaml import YamlError, read_with_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitops.model.errors import Problems
    from gitops.source.commit import Commit

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_REFERENCES = ("resources", "bases", "components")
_FILE_KEYS = frozenset((
    *("path", "files", "envs", "env", "crds", "configurations", "patchesStrategicMerge"),
    *("valuesFile", "additionalValuesFiles"),
))  # fmt: skip
_ADDRESS = re.compile(r"([^=\s]+=)?[A-Za-z][A-Za-z0-9+.-]*:{1,2}//\S+$|([^=\s]+=)?git@\S+$")
_CHARTS = ("helmCharts", "helmChartInflationGenerator")
_PLUGINS = ("generators", "transformers", "validators")


@dataclass(frozen=True, slots=True)
class Inflated:
    """A chart in a kustomization, and the folder that it is looked for in; without a repository it is there."""

    folder: str
    repository: str
    name: str
    version: str
    where: Location


@dataclass(frozen=True, slots=True)
class Reach:
    """All that a build reads: folders of the commit, and charts among them or from elsewhere."""

    folders: frozenset[str]
    charts: tuple[Inflated, ...]


def kustomization_in(commit: Commit, folder: str) -> str:
    """The path of a folder's kustomization file, or ""."""
    return next((path for name in NAMES if (path := join(folder, name)) in commit.entries), "")


def reach(
    commit: Commit, root: str, instead: Any, application: str, problems: Problems, *, enable_helm: bool
) -> Reach:
    """Follow the references between kustomizations; `instead` is the root's own, when it is not its file's."""
    folders: set[str] = set()
    charts: list[Inflated] = []
    pending = [root]
    while pending:
        folder = pending.pop()
        if folder in folders:
            continue
        folders.add(folder)
        file = kustomization_in(commit, folder)
        try:
            body, lines = read_with_lines(commit.read(file))
        except YamlError as error:
            problems.add(f"can't be read: {error}", Location(file, error.line), "mend the file", application)
            continue
        if folder == root and instead is not None:
            body = instead
        _refuse_plugins(body, lines, file, application, problems, enable_helm=enable_helm)
        for path, address in _addresses(body, ""):
            problems.add(
                f"{address!r} is outside the repository",
                Location(file, lines.get(path, 0)),
                "copy it into the repository",
                application,
            )
        for path, reference in _references(body):
            where = Location(file, lines.get(path, 0))
            target = _inside(commit, folder, reference, where, application, problems)
            if target is None or not commit.has_folder(target):
                continue
            if kustomization_in(commit, target):
                pending.append(target)
            else:
                problems.add(
                    f"{reference!r} holds no kustomization", where, "add a kustomization.yaml", application
                )
        if enable_helm:
            charts += _charts(body, lines, folder, file, application, problems)
            near = (chart.folder for chart in charts if not chart.repository)
            folders.update(path for path in near if commit.has_folder(path))
        for entry in commit.files_below(folder):
            if entry.mode in (LINK, SUBMODULE):
                problems.add(
                    "is a link, and links are not followed",
                    Location(entry.path),
                    "commit the file itself",
                    application,
                )
    return Reach(frozenset(folders), tuple(charts))


def _refuse_plugins(
    body: Any, lines: dict[str, int], file: str, application: str, problems: Problems, *, enable_helm: bool
) -> None:
    refused = (*_PLUGINS, *(_CHARTS[1:] if enable_helm else _CHARTS))
    for plugin in refused if isinstance(body, dict) else ():
        if body.get(plugin):
            step = "set gitops:enableHelm, or commit what it generates"
            problems.add(
                f"`{plugin}` would run code or download charts, which is not done",
                Location(file, lines.get(plugin, 0)),
                step if plugin == _CHARTS[0] else "commit what it generates",
                application,
            )


def _references(body: Any) -> list[tuple[str, str]]:
    """Paths to other files or folders that a kustomization names, with where they stand in it."""
    if not isinstance(body, dict):
        return []
    return [
        (f"{key}[{index}]", str(item))
        for key in _REFERENCES
        for index, item in enumerate(body[key] if isinstance(body.get(key), list) else ())
        if isinstance(item, str) and "\n" not in item
    ]


def _addresses(value: Any, path: str, *, names_files: bool = False) -> Iterator[tuple[str, str]]:
    """Texts with a scheme where a kustomization names files, which it would download, and where they stand."""
    if isinstance(value, dict):
        for key, item in value.items():
            below = f"{path}.{key}" if path else str(key)
            yield from _addresses(item, below, names_files=names_files or key in _FILE_KEYS)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _addresses(item, f"{path}[{index}]", names_files=names_files)
    elif names_files and isinstance(value, str) and _ADDRESS.match(value):
        yield path, value


def _inside(
    commit: Commit, folder: str, reference: str, where: Location, application: str, problems: Problems
) -> str | None:
    """The repository path that a reference names, or None after noting what is wrong with it."""
    target = normpath(join(folder, reference))
    if target in commit.entries:
        return target
    if "://" in reference or reference.startswith(("git@", "github.com", "/")) or "?ref=" in reference:
        what, step = f"{reference!r} is outside the repository", "copy it into the repository"
    elif target == "." or target.startswith(".."):
        what, step = f"{reference!r} leaves the repository", "keep what it names in the repository"
    else:
        what, step = f"{reference!r} does not exist", "commit it, or take the line out"
    problems.add(what, where, step, application)
    return None


def _charts(
    body: Any, lines: dict[str, int], folder: str, file: str, application: str, problems: Problems
) -> Iterator[Inflated]:
    """The charts in `helmCharts`; those from elsewhere have to state their version exactly.

    Source: kustomize's HelmChartInflationGenerator, which looks for those in `<chartHome>/<name>-<version>`.
    """
    stated = body.get("helmCharts") if isinstance(body, dict) else None
    settings = body.get("helmGlobals") if isinstance(body, dict) else None
    home = str((settings if isinstance(settings, dict) else {}).get("chartHome") or "charts")
    for index, chart in enumerate(stated if isinstance(stated, list) else ()):
        where = Location(file, lines.get(f"helmCharts[{index}]", 0))
        if not isinstance(chart, dict):
            continue
        name, version = str(chart.get("name", "")), str(chart.get("version", ""))
        remote = str(chart.get("repo") or "")
        at = normpath(join(folder, home, f"{name}-{version}" if remote else name))
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
            problems.add(f"chart {name!r} has no usable name", where, "mend the name", application)
        elif home.startswith("/") or at.startswith(".."):
            problems.add(f"chartHome {home!r} leaves the repository", where, "keep it inside", application)
        elif remote and not EXACT_VERSION.fullmatch(version):
            what = f"chart {name}: version {version!r} may be another one tomorrow"
            problems.add(what, where, "state the version exactly, such as 1.2.3", application)
        else:
            yield Inflated(at, remote, name, version, where)
