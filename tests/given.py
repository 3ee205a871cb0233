"""Values that tests start from: a commit without Git, settings, applications and manifests."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from textwrap import dedent
from typing import Any

from gitops.model.application import Application
from gitops.model.errors import Location
from gitops.model.manifest import Manifest
from gitops.model.settings import Cluster, Repository, Settings
from gitops.source.commit import FILE, FOLDER, Commit, Entry

SHA = "c0ffee" + "0" * 34


def commit(files: Mapping[str, str | bytes], modes: Mapping[str, str] | None = None) -> Commit:
    """A commit of these files; ids follow from the content, those of folders from all that is below."""
    contents = {p: t if isinstance(t, bytes) else dedent(t).lstrip("\n").encode() for p, t in files.items()}
    objects = {hashlib.sha1(content).hexdigest(): content for content in contents.values()}  # noqa: S324 - as Git
    entries = {
        path: Entry(path, (modes or {}).get(path, FILE), hashlib.sha1(content).hexdigest())  # noqa: S324 - as Git
        for path, content in contents.items()
    }
    for path in files:
        parts = path.split("/")[:-1]
        for folder in ("/".join(parts[: index + 1]) for index in range(len(parts))):
            below = sorted((e.path, e.id) for e in entries.values() if e.path.startswith(f"{folder}/"))
            entries[folder] = Entry(folder, FOLDER, hashlib.sha1(repr(below).encode()).hexdigest())  # noqa: S324
    return Commit(SHA, 0, "Test Author", "Test", entries, objects.__getitem__)


def settings(**changes: Any) -> Settings:
    """A stack called `test`, changed as told."""
    plain = Settings("test", Repository("file:///nowhere", "main"), Cluster(), overlay="test")
    return replace(plain, **changes)


def application(name: str = "web", wave: int = 20, **changes: Any) -> Application:
    """An application in the folder `k8s/02-apps/<name>`, whose namespace has its name."""
    plain = Application(name, f"k8s/02-apps/{name}", f"tree-of-{name}", name, wave)
    return replace(plain, **changes)


def manifest(
    kind: str,
    name: str = "x",
    *,
    of: str = "web",
    namespace: str | None = None,
    api: str = "v1",
    annotations: dict[str, str] | None = None,
    **body: Any,
) -> Manifest:
    """An object of an application, in the namespace of the application's name; "" for no namespace."""
    metadata: dict[str, Any] = {"name": name, "annotations": annotations or {}}
    if namespace != "":
        metadata["namespace"] = of if namespace is None else namespace
    return Manifest(
        {"apiVersion": api, "kind": kind, "metadata": metadata, **body}, Location(f"{of}/{name}.yaml", 1), of
    )
