"""What an Argo CD Application says of itself that has no counterpart in a directory."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """An Application's own metadata and destination.

    Attributes:
        namespace: where the Application object itself is meant to live; "" for Argo CD's own.
        labels: of the Application object.
        destination_name: how it calls its cluster; "" for an application that is a directory.
        destination_server: that cluster's API server, as it or the fleet calls it.
        repositories: of its sources, as it writes them.
        history_limit: how many revisions are remembered.
        info: names and values to show to people.
        compare_options: such as `ServerSideDiff=true`.
    """

    namespace: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    destination_name: str = ""
    destination_server: str = ""
    repositories: tuple[str, ...] = ()
    history_limit: int = 10
    info: tuple[tuple[str, str], ...] = ()
    compare_options: tuple[str, ...] = ()
