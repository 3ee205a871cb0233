"""What is the same for every application that one run renders."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from posixpath import normpath
from typing import TYPE_CHECKING

from gitops.model.capabilities import WITHOUT_CLUSTER

if TYPE_CHECKING:
    from gitops.manifests.cache import Cache
    from gitops.manifests.program import Program
    from gitops.model.application import Application
    from gitops.model.capabilities import Capabilities
    from gitops.source.commit import Commit

Fetch = Callable[[str, str], "Commit"]
"""The commit that a repository's URL and a revision name; raises GitOpsError."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """How everything is rendered.

    Attributes:
        overlay: what an application's own overlay or values of the stack are called.
        enable_helm: whether kustomizations may hold charts.
    """

    cache: Cache
    helm: Program | None
    kustomize: Program | None
    overlay: str = ""
    capabilities: Capabilities = WITHOUT_CLUSTER
    enable_helm: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """One source of one application, to be rendered.

    Attributes:
        commit: where its files are.
        path: its folder; "" is the root.
        references: the commits of the application's other sources by their `ref`, for `$ref/…` paths.
        variables: Argo CD's build environment, `ARGOCD_APP_NAME` and so on.
    """

    application: Application
    commit: Commit
    path: str
    references: Mapping[str, Commit]
    variables: Mapping[str, str]

    def substituted(self, text: str) -> str:
        """The text with `$NAME` and `${NAME}` of the build environment in place, `$$` as `$`, others as nothing."""
        return _VARIABLE.sub(lambda m: "$" if m[0] == "$$" else self.variables.get(m[1] or m[2], ""), text)


_VARIABLE = re.compile(r"\$\$|\$([A-Za-z_][A-Za-z0-9_]*)|\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def inside(path: str) -> str | None:
    """A path relative to the root in its shortest form, "" for the root; None when it leaves the repository."""
    short = normpath(path.replace("\\", "/")) if path else "."
    if short == ".":
        return ""
    return None if short.startswith(("/", "../")) or short == ".." else short


def as_argument(path: str) -> str:
    """A path below the working folder as a program takes it, which never looks like an option."""
    return f"./{path}" if not path or path.startswith("-") else path
