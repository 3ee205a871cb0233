"""Charts, rendered by the `helm` binary as Argo CD calls it.

The binary sees a private copy of the chart, its dependencies and its values files, and no cluster: `lookup`
finds nothing, and `.Capabilities` are what it is told.
"""

from __future__ import annotations

import json
import re
from itertools import islice
from posixpath import basename, join
from typing import TYPE_CHECKING, Any

from gitops.manifests.charts import parts, read
from gitops.manifests.checkout import MAX_BYTES, check_out
from gitops.manifests.documents import DocumentError, printed
from gitops.manifests.program import OFFLINE, ProgramError, run, scratch
from gitops.manifests.pull import helm_home
from gitops.manifests.raw import RawObject, RenderError
from gitops.manifests.rendering import as_argument
from gitops.manifests.values import parameter_files, value_files
from gitops.model.errors import Location
from gitops.source.commit import FOLDER

if TYPE_CHECKING:
    from pathlib import Path

    from gitops.manifests.charts import Part
    from gitops.manifests.rendering import Rendering, Task
    from gitops.model.sources import Helm, HelmParameter
    from gitops.source.commit import Commit

# Release names and namespaces are arguments of the binary and go into every template.
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")
_MOST_PARTS = 100
_INLINE = "inline values"
_PLACE = re.compile(r"""([^\s:()'"]+)(?::(\d+))?""")
_VALUES_LINE = re.compile(r"yaml: line (\d+)")
_HINT = " Use --debug flag to render out invalid YAML"


def is_chart(commit: Commit, folder: str) -> bool:
    """Whether the folder is one as Argo CD sees it: a file right in it ends with `Chart.yaml`."""
    return any(basename(entry.path).endswith("Chart.yaml") for entry in commit.files_in(folder))


def render(task: Task, options: Helm, rendering: Rendering) -> list[RawObject]:
    """The objects of a chart, hooks and CRDs among them, in the order that Helm prints them.

    Values win in this order: the chart's own, values files from first to last, the inline object (or, without
    one, the inline text), parameters, parameters from files.

    Raises:
        RenderError: the chart, its values or its dependencies are wrong or beyond a limit.
    """
    where = Location(join(task.path, "Chart.yaml"))
    if where.file not in task.commit.entries:
        raise RenderError("is no chart: it has no Chart.yaml", Location(task.path or "."), "add one")
    if rendering.helm is None:
        raise RenderError("needs helm, which is not on PATH", where, "install helm")
    needed = list(islice(parts(task.commit, task.path, rendering), _MOST_PARTS + 1))
    if len(needed) > _MOST_PARTS:
        raise RenderError(f"needs more than {_MOST_PARTS} other charts", where, "vendor them, or need fewer")
    files = value_files(task, options, where)
    single = parameter_files(task, options, where)
    inline = (
        options.values if options.values_object is None else json.dumps(options.values_object, sort_keys=True)
    )
    arguments = _arguments(task, options, rendering, where)
    key = (
        "helm", rendering.helm.identity, task.path, task.commit.id_of(task.path), *arguments, inline,
        *(f"{part.place}={part.commit.id_of(part.path)}" for part in needed),
        *(f"{called}={commit.id_of(path)}" for called, commit, path in files),
        *(f"{name}={commit.id_of(path)}" for name, _, commit, path in single),
    )  # fmt: skip
    kept = rendering.cache.get(*key)
    if kept is None:
        with scratch() as folder:
            _lay_out(task, needed, [*files, *(file[1:] for file in single)], folder)
            values = [f"--values={called}" for called, _, _ in files]
            if inline.strip():
                (folder / "files" / _INLINE).write_text(inline)
                values.append(f"--values={_INLINE}")
            values += [f"--set-file={name}={_escaped(called)}" for name, called, _, _ in single]
            kept = _run(task, [*arguments, *values], folder, rendering, where)
        rendering.cache.put(kept, *key)
    return [RawObject(Location(file), body) for file, body in kept]


def _arguments(task: Task, options: Helm, rendering: Rendering, where: Location) -> list[str]:
    """Everything of the command line that names no file but the chart."""
    release = task.substituted(options.release_name) or task.application.name
    namespace = options.namespace or task.application.namespace
    for what, name in (("release name", release), ("namespace", namespace)):
        if not _NAME.fullmatch(name):
            raise RenderError(
                f"{name!r} can't be a {what}", where, "use lower-case letters, digits and dashes"
            )
    capabilities = rendering.capabilities
    served = options.api_versions or capabilities.api_versions
    return [
        "template", release, as_argument(task.path), f"--namespace={namespace}",
        f"--kube-version={options.kube_version or capabilities.kube_version}",
        *(f"--api-versions={version}" for version in sorted(served)),
        *(_parameter(item, task) for item in {item.name: item for item in options.parameters}.values()),
        *(() if options.skip_crds else ("--include-crds",)),
        # Tests are for `helm test`; Argo CD knows no phase for them either.
        "--skip-tests",
    ]  # fmt: skip


def _parameter(item: HelmParameter, task: Task) -> str:
    return f"--set{'-string' * item.force_string}={item.name}={_escaped(task.substituted(item.value))}"


def _escaped(value: str) -> str:
    """A value in which commas mean themselves, unless it is a list in braces; as Argo CD escapes it."""
    if value.startswith("{") and value.endswith("}"):
        return value
    return re.sub(r"(?<!\\),", r"\\,", value)


def _lay_out(task: Task, needed: list[Part], files: list[tuple[str, Commit, str]], folder: Path) -> None:
    chart = folder / "files" / task.path
    left = MAX_BYTES - check_out(task.commit, task.path, chart, MAX_BYTES)
    for part in needed:
        left -= check_out(part.commit, part.path, chart / part.place, left)
    for called, commit, path in files:
        target = folder / "files" / called
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(commit.read(path))


def _run(
    task: Task, arguments: list[str], folder: Path, rendering: Rendering, where: Location
) -> list[list[Any]]:
    """What the binary prints, as pairs of a file of the repository and an object."""
    assert rendering.helm is not None  # noqa: S101 - asked before
    body, _ = read(task.commit, where.file)
    name = str(body.get("name", "")) if isinstance(body, dict) else ""
    try:
        output = run(rendering.helm, arguments, folder, environment={**OFFLINE, **helm_home(folder)})
        return [
            [_template(task, name, source), document]
            for source, document in printed(output, unique_keys=False)
        ]
    except ProgramError as error:
        text = re.sub(
            rf"(?<![\w./-]){re.escape(name)}/(?=templates/|charts/|crds/)", join(task.path, ""), str(error)
        )
        text = text.removeprefix("Error: ").removesuffix(_HINT)
        step = f"try: helm template {task.path or '.'}"
        raise RenderError(f"does not render: {text}", _blamed(task, text) or where, step) from error
    except DocumentError as error:
        where = Location(_template(task, name, error.source))
        raise RenderError(f"does not render: {error}", where, "mend the template or its values") from error


def _blamed(task: Task, text: str) -> Location | None:
    """The first file of the repository that a message names, with its line where that is one of the file's own."""
    for match in _PLACE.finditer(text):
        for path in (match[1], join(task.path, match[1])):
            entry = task.commit.entries.get(path)
            if entry and entry.mode != FOLDER:
                line = match[2] or (None if "/templates/" in path else _VALUES_LINE.search(text))
                return Location(path, int(line if isinstance(line, str) else line[1]) if line else 0)
    return None


def _template(task: Task, name: str, source: str) -> str:
    """The file of the repository that Helm means by `<chart>/templates/…`; the chart when it is in an archive."""
    path = join(task.path, source.removeprefix(f"{name}/"))
    return path if path in task.commit.entries else join(task.path, "Chart.yaml")
