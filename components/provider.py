"""The one provider of a stack, bound to the one cluster that the stack names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi_kubernetes as kubernetes

if TYPE_CHECKING:
    import pulumi

    from gitops.model.settings import Settings


def cluster_provider(settings: Settings, opts: pulumi.ResourceOptions | None = None) -> kubernetes.Provider:
    """A provider that can be run again after a crash, heals against other managers and replaces nothing.

    The cluster's identifier is the stack's name: another address or credential in the kubeconfig changes
    no resource.
    """
    return kubernetes.Provider(
        "cluster",
        cluster_identifier=settings.stack,
        kubeconfig=settings.cluster.kubeconfig or None,
        context=settings.cluster.context or None,
        enable_server_side_apply=True,
        upsert_existing_objects=True,
        enable_patch_force=True,
        enable_config_map_mutable=True,
        enable_secret_mutable=True,
        suppress_deprecation_warnings=True,
        kube_client_settings={"qps": 1000, "burst": 2000},
        opts=opts,
    )
