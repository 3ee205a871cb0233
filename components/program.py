"""The program from beginning to end, for `__main__.py` and for stacks driven from outside."""

from __future__ import annotations

import os

import pulumi

from components.config import read_settings
from components.platform import Platform, PlatformArgs
from components.provider import cluster_provider
from gitops.cluster.connect import connect
from gitops.cluster.survey import ALLOW_DELETES, refuse_mass_deletion
from gitops.desired import desired_plan


def deploy() -> None:
    """Settings → what lives → commit → applications → plan → components.

    Raises:
        GitOpsError: something is wrong; nothing was registered, so nothing is touched.
    """
    settings = read_settings()
    live = connect(settings.cluster).survey(settings.stack)
    plan = desired_plan(settings, live.scopes)
    refuse_mass_deletion(
        live.objects, plan.keys, settings.delete_limit, allowed=bool(os.environ.get(ALLOW_DELETES))
    )
    provider = cluster_provider(settings)
    platform = Platform("platform", PlatformArgs(plan), pulumi.ResourceOptions(providers=[provider]))
    for name, value in platform.outputs.items():
        pulumi.export(name, value)
