"""A process of a cluster as data: name, what it waits for, and its argument list.

Ports and versions are in the argument list of every process that depends on them, so "does it have to be
started anew?" is a comparison of two lists.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.controlplane.ports import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from sandbox.controlplane.layout import ClusterHome


@dataclass(frozen=True, slots=True)
class Part:
    """One process of a cluster.

    Attributes:
        name: the name of its program.
        arguments: from the cluster's folder and ports to what follows the program on the command line.
        user: the file name of its client certificate, or "" when it does not call the API server.
        launcher: likewise what stands before the program, or what is started instead of one.
        has_program: whether there is a program of that name.
    """

    name: str
    arguments: Callable[[ClusterHome, Mapping[str, int]], list[str]]
    user: str = ""
    launcher: Callable[[ClusterHome, Mapping[str, int]], list[str]] = lambda _home, _ports: []
    has_program: bool = True

    def command(self, binaries: Path, home: ClusterHome, ports: Mapping[str, int]) -> tuple[str, ...]:
        """Give the whole command line."""
        # the file behind the link, so that another version is another command
        program = [str((binaries / self.name).resolve())] if self.has_program else []
        return (*self.launcher(home, ports), *program, *self.arguments(home, ports))


def server(ports: Mapping[str, int]) -> str:
    """Give the address of a cluster's API server."""
    return f"https://{LOOPBACK}:{ports['kube-apiserver']}"
