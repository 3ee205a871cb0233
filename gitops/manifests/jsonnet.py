"""Jsonnet files, evaluated in a process of their own that sees exactly the files they import."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from functools import cache as once
from importlib.metadata import version
from pathlib import Path
from posixpath import dirname, join
from typing import TYPE_CHECKING

import msgspec

from gitops.manifests import jsonnet_process
from gitops.manifests.program import Program, ProgramError, run, scratch
from gitops.manifests.raw import RawObject, RenderError
from gitops.manifests.rendering import inside
from gitops.model.errors import Location
from gitops.source.commit import EXECUTABLE, FILE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitops.manifests.rendering import Rendering, Task
    from gitops.model.sources import Jsonnet

_MOST_FILES = 2_000
# An import names its file in a literal, so what a program can read is known before it runs. What looks
# like an import in a comment or a text is one file too many, and harmless.
_IMPORT = re.compile(r"""\bimport(?:str|bin)?\s*@?(?:"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)')""")
_PLACE = re.compile(r"([^\s:()]+):\(?(\d+)[:)]")


def evaluate(task: Task, path: str, options: Jsonnet, rendering: Rendering) -> Iterator[RawObject]:
    """The object, or the list of objects, that a file comes to.

    Raises:
        RenderError: it fails, imports what is not in the repository, or goes beyond a limit.
    """
    where = Location(path)
    libraries = [_library(task, item, where) for item in options.libraries]
    files = _closure(task, path, (*reversed(libraries), task.path))
    variables = {
        kind: [[name, task.substituted(value), code] for name, value, code in stated]
        for kind, stated in (("external", options.ext_vars), ("top_level", options.top_level))
    }
    request = {"file": path, "search": [*reversed(libraries), task.path], **variables}
    ids = [f"{name}={task.commit.entries[name].id}" for name in sorted(files)]
    key = ("jsonnet", _program().identity, json.dumps(request), *ids)
    bodies = rendering.cache.get(*key)
    if bodies is None:
        contents = {name: task.commit.read(name).decode(errors="replace") for name in files}
        bodies = _run({**request, "files": contents}, where, task)
        rendering.cache.put(bodies, *key)
    yield from (RawObject(where, body) for body in bodies)


def _library(task: Task, stated: str, where: Location) -> str:
    """A folder to search; relative to the repository's root, as for Argo CD."""
    path = inside(task.substituted(stated).lstrip("/"))
    if path is None or not task.commit.has_folder(path):
        what = "leaves the repository" if path is None else "does not exist"
        raise RenderError(f"Jsonnet library {stated!r} {what}", where, "name a folder of this repository")
    return path


def _closure(task: Task, path: str, search: tuple[str, ...]) -> set[str]:
    """The files of the repository that evaluating one may read."""
    reached: set[str] = set()
    pending = [path]
    while pending:
        file = pending.pop()
        if file in reached:
            continue
        reached.add(file)
        if len(reached) > _MOST_FILES:
            raise RenderError(f"imports more than {_MOST_FILES} files", Location(path), "import less")
        text = task.commit.read(file).decode(errors="replace")
        for match in _IMPORT.finditer(text):
            name = match[1] if match[1] is not None else match[2]
            for folder in (dirname(file), *search):
                found = inside(join(folder, name))
                entry = task.commit.entries.get(found) if found else None
                if entry and entry.mode in (FILE, EXECUTABLE):
                    pending.append(entry.path)
                    break
    return reached


@once
def _program() -> Program:
    source = Path(jsonnet_process.__file__)
    digest = hashlib.sha256(source.read_bytes()).hexdigest()[:16]
    return Program((sys.executable, "-I", str(source)), f"jsonnet:{version('jsonnet')}:{digest}")


def _run(request: dict[str, object], where: Location, task: Task) -> list[object]:
    with scratch() as folder:
        try:
            output = run(_program(), (), folder, environment={}, sent=json.dumps(request).encode())
            result = msgspec.json.decode(output)
        except (ProgramError, msgspec.DecodeError) as error:
            match = _PLACE.search(str(error))
            known = match is not None and match[1] in task.commit.entries
            place = Location(match[1], int(match[2])) if match and known else where
            raise RenderError(f"does not evaluate: {error}", place, "mend the file") from error
    return result if isinstance(result, list) else [result]
