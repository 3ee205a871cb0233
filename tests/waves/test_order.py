from __future__ import annotations

import itertools
import random

import pytest

from gitops.waves.order import PREREQUISITES, WORKLOADS, kind_rank, sort_key, sync_wave
from tests import given

# The order in which Argo CD's sync tasks apply kinds.
ARGO_CD = (
    "Namespace NetworkPolicy ResourceQuota LimitRange PodSecurityPolicy PodDisruptionBudget "
    "ServiceAccount Secret SecretList ConfigMap StorageClass PersistentVolume PersistentVolumeClaim "
    "CustomResourceDefinition ClusterRole ClusterRoleList ClusterRoleBinding ClusterRoleBindingList "
    "Role RoleList RoleBinding RoleBindingList Service DaemonSet Pod ReplicationController "
    "ReplicaSet Deployment HorizontalPodAutoscaler StatefulSet Job CronJob IngressClass Ingress "
    "APIService "
).split()


@pytest.mark.parametrize(("earlier", "later"), list(itertools.pairwise(ARGO_CD)))
def test_kinds_come_in_argo_cd_s_order(earlier: str, later: str) -> None:
    assert kind_rank(earlier) < kind_rank(later)


@pytest.mark.parametrize(
    "kind", ["SealedSecret", "VirtualService", "PriorityClass", "MutatingWebhookConfiguration"]
)
def test_a_kind_that_is_not_listed_comes_last(kind: str) -> None:
    assert kind_rank(kind) > kind_rank("APIService")


@pytest.mark.parametrize(
    ("annotations", "wave"),
    [
        ({}, 0),
        ({"argocd.argoproj.io/sync-wave": "5"}, 5),
        ({"argocd.argoproj.io/sync-wave": "-3"}, -3),
        ({"argocd.argoproj.io/sync-wave": "soon"}, 0),
        ({"argocd.argoproj.io/sync-wave": ""}, 0),
        ({"argocd.argoproj.io/sync-wave": "1.5"}, 0),
        ({"helm.sh/hook-weight": "7"}, 7),
        ({"argocd.argoproj.io/sync-wave": "1", "helm.sh/hook-weight": "7"}, 1),
        ({"argocd.argoproj.io/sync-wave": "soon", "helm.sh/hook-weight": "7"}, 7),
    ],
)
def test_an_object_s_wave_is_its_annotation(annotations: dict[str, str], wave: int) -> None:
    assert sync_wave(given.manifest("Pod", annotations=annotations)) == wave


def test_objects_come_by_sync_wave_then_kind_then_name() -> None:
    early = {"argocd.argoproj.io/sync-wave": "-1"}
    ordered = [
        given.manifest("Ingress", "z", api="networking.k8s.io/v1", annotations=early),
        given.manifest("ConfigMap", "a"),
        given.manifest("ConfigMap", "b", namespace="a"),
        given.manifest("ConfigMap", "b", namespace="b"),
        given.manifest("Deployment", "a", api="apps/v1"),
        given.manifest("Deployment", "a", api="zoo.io/v1"),
    ]
    shuffled = ordered[:]
    random.Random(1).shuffle(shuffled)  # noqa: S311 - an order, not a secret
    assert sorted(shuffled, key=sort_key) == ordered


def test_nothing_is_a_workload_and_a_prerequisite_of_workloads() -> None:
    assert not PREREQUISITES & WORKLOADS
