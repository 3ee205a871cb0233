"""Kustomize directories, rendered by the `kustomize` (or `kubectl kustomize`) binary.

The binary sees a private copy of exactly the directories that the kustomization reaches inside the
repository. Addresses outside of it are refused before it starts.
"""

from __future__ import annotations

import json
from dataclasses import replace
from posixpath import join, normpath
from typing import TYPE_CHECKING, Any

from gitops.manifests.checkout import MAX_BYTES, check_out
from gitops.manifests.documents import DocumentError, printed
from gitops.manifests.overlay import OverlayError, overlaid
from gitops.manifests.program import OFFLINE, ProgramError, find, run, scratch
from gitops.manifests.pull import pull
from gitops.manifests.raw import RawObject, RenderError
from gitops.manifests.reach import kustomization_in, reach
from gitops.manifests.rendering import as_argument
from gitops.model.errors import Location
from gitops.source.yaml import YamlError, read_with_lines

if TYPE_CHECKING:
    from gitops.manifests.program import Program
    from gitops.manifests.reach import Reach
    from gitops.manifests.rendering import Rendering, Task
    from gitops.model.errors import Problems
    from gitops.model.sources import Kustomize
    from gitops.source.commit import Commit


def find_kustomize() -> Program | None:
    """`kustomize` from PATH, else kubectl's built-in one, else None."""
    return find("kustomize", "build") or find("kubectl", "kustomize")


def kustomize_root(commit: Commit, path: str, overlay: str) -> str | None:
    """The folder to build: the stack's own overlay where there is one, else the application's; or None."""
    own = [join(path, "overlays", overlay)] if overlay else []
    return next((folder for folder in (*own, path) if kustomization_in(commit, folder)), None)


def render(task: Task, options: Kustomize, rendering: Rendering, problems: Problems) -> list[RawObject]:
    """The objects that a kustomization builds, with the options added to it; some of what is wrong goes to `problems`.

    Raises:
        RenderError: it does not build.
    """
    commit, root, application = task.commit, task.path, task.application.name
    file = kustomization_in(commit, root)
    if not file:
        raise RenderError("holds no kustomization", Location(root or "."), "add a kustomization.yaml")
    where, before = Location(file), len(problems)
    instead = _edited(task, options, file)
    found = reach(commit, root, instead, application, problems, enable_helm=rendering.enable_helm)
    if len(problems) > before:
        return []
    if rendering.kustomize is None:
        raise RenderError(
            "needs kustomize, and neither it nor kubectl is on PATH", where, "install kustomize or kubectl"
        )
    if found.charts and rendering.helm is None:
        raise RenderError("holds charts and needs helm, which is not on PATH", where, "install helm")
    helm = rendering.helm if found.charts else None
    arguments = [as_argument(root), *(_for_charts(helm, options, rendering) if helm else ())]
    edit = json.dumps(instead, sort_keys=True) if instead is not None else ""
    key = (
        "kustomize", rendering.kustomize.identity, helm.identity if helm else "", *arguments, edit,
        *(f"{folder}={commit.id_of(folder)}" for folder in sorted(found.folders)),
        *(f"{chart.repository} {chart.name} {chart.version}" for chart in found.charts),
    )  # fmt: skip
    bodies = rendering.cache.get(*key)
    if bodies is None:
        try:
            bodies = _build(commit, file, edit, found, arguments, rendering)
        except (ProgramError, DocumentError) as error:
            raise RenderError(
                f"does not build: {error}", where, f"try: kustomize build {root or '.'}"
            ) from error
        rendering.cache.put(bodies, *key)
    return [RawObject(where, body) for body in bodies]


def _edited(task: Task, options: Kustomize, file: str) -> Any:
    """The kustomization with the options in it, or None when they change nothing."""
    where = Location(file)
    try:
        body, _ = read_with_lines(task.commit.read(file))
    except YamlError:
        return None  # to be told by whoever follows its references
    if options.ignore_missing_components:
        present = (c for c in options.components if kustomization_in(task.commit, _beside(task.path, c)))
        options = replace(options, components=tuple(present))
    try:
        edited = overlaid(body, options, task.substituted)
    except OverlayError as error:
        raise RenderError(str(error), where, "mend the kustomize options of the application") from error
    return None if edited is body else edited


def _beside(folder: str, reference: str) -> str:
    return normpath(join(folder, reference))


def _for_charts(helm: Program, options: Kustomize, rendering: Rendering) -> list[str]:
    served = options.api_versions or rendering.capabilities.api_versions
    return [
        "--enable-helm", f"--helm-command={helm.command[0]}",
        f"--helm-kube-version={options.kube_version or rendering.capabilities.kube_version}",
        *(f"--helm-api-versions={version}" for version in sorted(served)),
    ]  # fmt: skip


def _build(
    commit: Commit, file: str, edit: str, found: Reach, arguments: list[str], rendering: Rendering
) -> list[Any]:
    assert rendering.kustomize is not None  # noqa: S101 - asked before
    with scratch() as folder:
        files, left = folder / "files", MAX_BYTES
        for reached in sorted(found.folders):
            left -= check_out(commit, reached, files / reached, left)
        if edit:
            (files / file).write_text(edit)
        for chart in found.charts:
            if not chart.repository:
                continue
            pulled = pull(chart.repository, chart.name, chart.version, rendering, chart.where)
            left -= check_out(pulled, chart.name, files / chart.folder / chart.name, left)
        output = run(rendering.kustomize, arguments, folder, environment=OFFLINE)
        return [body for _, body in printed(output)]
