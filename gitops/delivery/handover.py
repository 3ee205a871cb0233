"""Secrets handed over between the controller and the program, and out of the stack's state where it had them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.cluster.connect import connect
from gitops.cluster.handover import release, take_back, to_hand_over, to_take_back
from gitops.engine.forget import forget

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from gitops.cluster.survey import Survey
    from gitops.model.keys import ObjectKey
    from gitops.model.settings import Settings


def hand_over(
    settings: Settings, project: Path, live: Survey, wanted: Collection[ObjectKey]
) -> tuple[ObjectKey, ...]:
    """Hand Secrets over, so that the next sync deletes none; gives what leaves. May be repeated after a failure.

    What was handed over and stays all the same gets its Secret back.

    Raises:
        ApiError: the cluster refuses.
        ConflictError: another run holds the stack.
    """
    leaving = to_hand_over(live, wanted)
    secrets = [key.resource_name for key in leaving if key.kind == "Secret"]
    if secrets:
        forget(settings.stack, project, secrets)
    staying = to_take_back(live, wanted)
    if leaving or staying:
        client = connect(settings.cluster).client
        for key in leaving:
            release(client, live, key)
        for key in staying:
            take_back(client, live, key)
    return leaving
