"""Whether what a stack runs is good, by the checks that the stack states.

In come checks and the deployment they are about, out comes what each check measured.
This room does not know what follows from it: promotion decides that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.cluster.connect import connect
from gitops.delivery.verification.probes import Deployed, measure
from gitops.delivery.verification.run import verify
from gitops.source.git import cache_folder, fetch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gitops.model.settings import Settings
    from gitops.model.verification import Check, Measurement, Verified

__all__ = ["verified"]


def verified(
    settings: Settings, project: Path, on_measurement: Callable[[Check, Measurement], None] = lambda *_: None
) -> tuple[Verified, ...]:
    """Run a stack's checks now; `on_measurement` is told of each try, from several threads.

    Raises:
        GitOpsError: the repository or the kubeconfig can't be read, so that no check can be run at all.
    """
    if not settings.verification:
        return ()
    commit = fetch(settings.repository, cache_folder())
    deployed = Deployed(settings.stack, project, commit.sha, connect(settings.cluster), commit.read)
    return verify(settings.verification, lambda check: measure(check, deployed), on_measurement)
