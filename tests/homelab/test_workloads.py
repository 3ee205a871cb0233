"""What a careful person would insist on before anything runs in the house."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.homelab.example import STACKS, WORKLOADS, Found, generated, objects

pytestmark = pytest.mark.parametrize("stack", STACKS)
RUNNING = WORKLOADS | {"Job", "CronJob"}


def of_kind(stack: str, *kinds: str) -> list[Found]:
    found = [each for each in objects(stack) if each.kind in kinds]
    assert found, f"no {' or '.join(kinds)} in {stack}"
    return found


def containers(stack: str, *kinds: str) -> Iterator[tuple[Found, dict[str, Any]]]:
    for each in of_kind(stack, *kinds):
        for container in each.pod["spec"]["containers"]:
            yield each, container


def selects(selector: dict[str, str], labels: dict[str, str]) -> bool:
    return bool(selector) and selector.items() <= labels.items()


def test_every_container_asks_for_cpu_and_memory_and_is_capped(stack: str) -> None:
    for each, container in containers(stack, *RUNNING):
        resources = container["resources"]
        assert {"cpu", "memory"} <= set(resources["requests"]), each
        assert "memory" in resources["limits"], each


def test_every_workload_has_probes(stack: str) -> None:
    for each, container in containers(stack, *WORKLOADS):
        assert {"readinessProbe", "livenessProbe"} <= set(container), each


def test_every_pod_runs_confined(stack: str) -> None:
    for each, container in containers(stack, *RUNNING):
        context = each.pod["spec"]["securityContext"]
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}, each
        if container["securityContext"].get("privileged"):
            assert each.name in {"cilium", "longhorn-manager"}, f"{each} is privileged"
        else:
            assert context["runAsNonRoot"] is True, each
            assert container["securityContext"]["allowPrivilegeEscalation"] is False, each
            assert container["securityContext"]["capabilities"]["drop"] == ["ALL"], each


def test_every_image_names_registry_and_version(stack: str) -> None:
    pinned_by_kustomize = {"controller", "server", "machine-learning"}
    for each, container in containers(stack, *RUNNING):
        registry, _, rest = container["image"].partition("/")
        assert "." in registry, each
        if container["name"] not in pinned_by_kustomize or ":" in rest:
            assert rest.partition(":")[2] not in {"", "latest"}, each


def test_every_object_says_what_it_is_part_of(stack: str) -> None:
    for each in objects(stack):
        labels = each.body["metadata"]["labels"]
        assert labels["app.kubernetes.io/part-of"] == "homelab", each
        assert labels["app.kubernetes.io/name"], each


def test_selectors_match_their_own_pods(stack: str) -> None:
    for each in of_kind(stack, *WORKLOADS):
        selector = each.body["spec"]["selector"]["matchLabels"]
        assert selects(selector, each.pod["metadata"]["labels"]), each
        assert "app.kubernetes.io/version" not in selector, f"{each}: a selector can't change, a version does"


def test_services_budgets_and_policies_select_a_workload(stack: str) -> None:
    pods = [(each.namespace, each.pod["metadata"]["labels"]) for each in of_kind(stack, *RUNNING)]
    for each in of_kind(stack, "Service", "PodDisruptionBudget", "NetworkPolicy"):
        spec = each.body["spec"]
        selector = (
            spec["selector"] if each.kind == "Service" else spec.get("selector", spec.get("podSelector"))
        )
        labels = selector.get("matchLabels", selector)
        assert any(ns == each.namespace and selects(labels, pod) for ns, pod in pods), each


def test_service_ports_exist_in_the_pods_behind_them(stack: str) -> None:
    for each in of_kind(stack, "Service"):
        behind = [
            port["name"]
            for other, container in containers(stack, *WORKLOADS)
            if other.namespace == each.namespace
            and selects(each.body["spec"]["selector"], other.pod["metadata"]["labels"])
            for port in container.get("ports", ())
        ]
        for port in each.body["spec"]["ports"]:
            assert port["targetPort"] in behind, each


def test_ingress_backends_exist(stack: str) -> None:
    ports = {
        (each.namespace, each.name): {port["name"] for port in each.body["spec"]["ports"]}
        for each in of_kind(stack, "Service")
    }
    for each in of_kind(stack, "Ingress"):
        for rule in each.body["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                service = path["backend"]["service"]
                assert service["port"]["name"] in ports[each.namespace, service["name"]], each


def test_no_two_ingresses_answer_for_the_same_host(stack: str) -> None:
    hosts = [rule["host"] for each in of_kind(stack, "Ingress") for rule in each.body["spec"]["rules"]]
    assert sorted(set(hosts)) == sorted(hosts)


def test_autoscalers_scale_something_that_does_not_state_replicas_itself(stack: str) -> None:
    deployments = {(each.namespace, each.name): each for each in of_kind(stack, "Deployment")}
    for each in of_kind(stack, "HorizontalPodAutoscaler"):
        target = each.body["spec"]["scaleTargetRef"]
        scaled = deployments[each.namespace, target["name"]]
        if scaled.file.parent == each.file.parent:
            assert "replicas" not in scaled.body["spec"], f"{scaled} would fight {each}"


def test_stateful_sets_have_their_headless_service(stack: str) -> None:
    headless = {
        (each.namespace, each.name)
        for each in of_kind(stack, "Service")
        if each.body["spec"].get("clusterIP") == "None"
    }
    for each in of_kind(stack, "StatefulSet"):
        assert (each.namespace, each.body["spec"]["serviceName"]) in headless, each


def test_claims_use_the_default_class(stack: str) -> None:
    for each in of_kind(stack, "PersistentVolumeClaim"):
        assert "storageClassName" not in each.body["spec"], each
    for each in of_kind(stack, "StatefulSet"):
        for claim in each.body["spec"].get("volumeClaimTemplates", ()):
            assert "storageClassName" not in claim["spec"], each


def test_jobs_are_not_deleted_behind_our_back(stack: str) -> None:
    for each in of_kind(stack, "Job"):
        assert "ttlSecondsAfterFinished" not in each.body["spec"], f"{each} would look like drift"


def test_what_a_pod_refers_to_exists_or_is_optional(stack: str) -> None:
    known = {(each.namespace, each.kind, each.name) for each in objects(stack)}
    classes = {each.name for each in of_kind(stack, "PriorityClass")}
    system = {"system-node-critical", "system-cluster-critical"}
    for each in of_kind(stack, *RUNNING):
        spec = each.pod["spec"]
        assert spec["priorityClassName"] in classes | system, each
        for kind, name in references(spec):
            made_here = kind == "ConfigMap" and name in generated(stack).get(each.application, ())
            assert made_here or (each.namespace, kind, name) in known, f"{each} wants {kind} {name}"


def references(spec: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if account := spec.get("serviceAccountName"):
        yield "ServiceAccount", account
    for volume in spec.get("volumes", ()):
        if "configMap" in volume:
            yield "ConfigMap", volume["configMap"]["name"]
        if "persistentVolumeClaim" in volume:
            yield "PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"]
        if "secret" in volume and not volume["secret"].get("optional"):
            yield "Secret", volume["secret"]["secretName"]
    for container in spec["containers"]:
        for source in container.get("envFrom", ()):
            yield "ConfigMap", source["configMapRef"]["name"]
        for variable in container.get("env", ()):
            secret = variable.get("valueFrom", {}).get("secretKeyRef", {})
            if secret and not secret.get("optional"):
                yield "Secret", secret["name"]


def test_mounts_have_their_volume(stack: str) -> None:
    for each, container in containers(stack, *RUNNING):
        volumes = {volume["name"] for volume in each.pod["spec"].get("volumes", ())}
        claims = {c["metadata"]["name"] for c in each.body["spec"].get("volumeClaimTemplates", ())}
        mounted = {mount["name"] for mount in container.get("volumeMounts", ())}
        assert mounted <= volumes | claims, each
        assert volumes <= mounted, f"{each} has a volume that nothing mounts"


def test_bindings_bind_accounts_and_roles_that_exist(stack: str) -> None:
    known = {(each.namespace, each.kind, each.name) for each in objects(stack)}
    for each in of_kind(stack, "RoleBinding", "ClusterRoleBinding"):
        role = each.body["roleRef"]
        where = "" if role["kind"] == "ClusterRole" else each.namespace
        assert (where, role["kind"], role["name"]) in known, each
        for subject in each.body["subjects"]:
            assert (subject["namespace"], "ServiceAccount", subject["name"]) in known, each
