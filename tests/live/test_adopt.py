"""Running objects are taken over from every tool in place, given back, and taken for good."""

import base64
import json

import pytest

from tests.live.stack_project import config_map, deployment
from tests.live.takeover import LEFTOVER, MANIFESTS, TRACKED, Takeover

pytestmark = pytest.mark.live


@pytest.fixture
def takeover(tmp_path, sandbox, request):
    made = Takeover(tmp_path, sandbox, request.param)
    yield made
    made.end()


ARGO_CD = {"argo-client": (), "argo-server": ("--server-side",)}


@pytest.mark.parametrize("takeover", sorted(ARGO_CD), indirect=True)
def test_argo_cd_lets_go_without_a_pod_noticing_and_gets_everything_back(takeover):
    name = takeover.name
    takeover.apply(*ARGO_CD[name], "--field-manager=argocd-controller", tracked=True)
    takeover.kubectl("-n", name, "create", "configmap", LEFTOVER)
    takeover.kubectl("-n", name, "annotate", "cm", LEFTOVER, f"{TRACKED}={name}:/ConfigMap:{name}/{LEFTOVER}")
    application = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {
            "name": name,
            "namespace": name,
            "finalizers": ["resources-finalizer.argocd.argoproj.io"],
        },
        "spec": {"project": "default", "syncPolicy": {"automated": {"prune": True, "selfHeal": True}}},
    }
    takeover.kubectl("apply", "-f", "-", stdin=json.dumps(application))
    pods, specs, marks = takeover.pods(), takeover.specs(), takeover.marks()
    assert len(pods) == 2

    shown = takeover.gitops("adopt", code=1)
    assert f"Argo CD Application {name}/{name}: automated sync is paused; its finalizer" in shown
    assert f"ConfigMap {name}/{LEFTOVER}" in shown
    assert "6 to adopt, 0 adopted already, 0 missing; 0 would restart pods; 1 left behind" in shown
    assert "hunter2" not in shown
    assert takeover.marks() == marks

    takeover.gitops("adopt", "--yes")
    live = takeover.stack.live("application", name, name)
    assert "automated" not in live["spec"]["syncPolicy"]
    assert not live["metadata"].get("finalizers")
    assert takeover.writers() == {("gitops", "Apply")}
    assert (takeover.pods(), takeover.specs()) == (pods, specs)
    takeover.gitops("adopt", "--yes")  # twice is harmless

    takeover.gitops("adopt", "--undo")
    assert takeover.marks().keys() == marks.keys()
    assert takeover.stack.live("application", name, name)["spec"] == application["spec"]
    # the values in a Secret's last-applied annotation were not recorded
    secret = marks["Secret/login"][1]
    secret.pop("kubectl.kubernetes.io/last-applied-configuration", None)
    back = takeover.marks()
    assert back["Secret/login"][:2] == marks["Secret/login"][:2]
    assert {k: v for k, v in back.items() if k != "Secret/login"} == {
        k: v for k, v in marks.items() if k != "Secret/login"
    }
    assert (takeover.pods(), takeover.specs()) == (pods, specs)
    takeover.gitops("adopt", "--undo", code=6)
    takeover.gitops("adopt", code=1)


@pytest.mark.parametrize("takeover", ["flux", "kubectl-client", "kubectl-server"], indirect=True)
def test_a_field_that_leaves_git_after_a_take_over_leaves_the_cluster(takeover):
    name = takeover.name
    labels = {}
    if name == "flux":
        labels = {f"kustomize.toolkit.fluxcd.io/{k}": name for k in ("name", "namespace")}
        kustomization = {
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
            "kind": "Kustomization",
            "metadata": {"name": name, "namespace": name, "finalizers": ["finalizers.fluxcd.io"]},
            "spec": {"prune": True},
        }
        takeover.kubectl("apply", "-f", "-", stdin=json.dumps(kustomization))
        takeover.apply("--server-side", "--field-manager=kustomize-controller", labels=labels)
    else:
        takeover.apply(*(["--server-side"] if name == "kubectl-server" else []))
    pods, specs = takeover.pods(), takeover.specs()

    shown = takeover.gitops("adopt", code=1)
    assert "6 to adopt" in shown
    assert "changes nothing" in shown
    takeover.gitops("adopt", "--yes", "--sync")
    assert (takeover.pods(), takeover.specs()) == (pods, specs)
    assert takeover.writers() == {("gitops", "Apply")}
    assert takeover.states() == {name: "Synced"}
    assert "last-applied" not in json.dumps(takeover.marks())
    assert "toolkit" not in json.dumps(takeover.marks())
    assert takeover.gitops("adopt").endswith("0 left behind\n")
    before = takeover.marks()
    takeover.sync()
    assert takeover.marks() == before

    takeover.repository.write(f"k8s/02-apps/{name}/config.yaml", config_map("settings", stays="yes"))
    takeover.repository.commit("Let a key go")
    takeover.sync()
    assert takeover.objects()["ConfigMap/settings"]["data"] == {"stays": "yes"}
    assert takeover.pods() == pods

    if name == "flux":
        assert takeover.stack.live("kustomization", name, name)["spec"]["suspend"] is True
        # without a controller its finalizer would stay for ever
        takeover.kubectl(
            "-n",
            name,
            "patch",
            "kustomization",
            name,
            "--type=merge",
            "-p",
            '{"metadata":{"finalizers":null}}',
        )
        assert "deleted Flux Kustomization" in takeover.gitops("adopt", "--confirm", "--remove-owner")
        assert takeover.stack.live("kustomization", name)["items"] == []
    else:
        takeover.gitops("adopt", "--confirm")
    takeover.gitops("adopt", "--undo", code=6)
    assert takeover.pods() == pods


@pytest.mark.parametrize("takeover", ["by-helm"], indirect=True)
def test_a_helm_release_goes_without_an_uninstall_and_its_objects_stay(takeover, tmp_path, tools):
    name = takeover.name
    chart = tmp_path / "chart"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: shop\nversion: 1.0.0\n")
    for file, content in MANIFESTS.items():
        (chart / "templates" / file).write_text(content)
    takeover.run(
        tools["helm"], "install", "shop", str(chart), "--kube-context", "staging", "--namespace", name
    )
    takeover.settle()
    pods, specs = takeover.pods(), takeover.specs()

    assert f"Helm release {name}/shop" in takeover.gitops("adopt", code=1)
    takeover.gitops("adopt", "--yes", "--sync")
    assert takeover.writers() == {("gitops", "Apply")}
    marks = json.dumps(takeover.marks())
    assert '"Helm"' not in marks
    assert "helm.sh/" not in marks
    shown = takeover.gitops("adopt", "--confirm")
    assert f"kubectl delete secret --namespace {name} --selector owner=helm,name=shop" in shown
    assert (takeover.pods(), takeover.specs()) == (pods, specs)


@pytest.mark.parametrize("takeover", ["hesitant"], indirect=True)
def test_a_take_over_that_would_restart_pods_has_to_be_allowed_and_the_stack_forgets_what_it_gives_back(
    takeover,
):
    name = takeover.name
    takeover.apply("--server-side", "--field-manager=argocd-controller", tracked=True)
    takeover.repository.write(f"k8s/02-apps/{name}/web.yaml", deployment("web", image="nginx:1.28"))
    takeover.repository.commit("State another image than the one that runs")
    pods = takeover.pods()
    shown = takeover.gitops("adopt", code=1)
    assert '"nginx:1.27" → "nginx:1.28"  ← restarts pods' in shown

    assert "would restart their pods" in takeover.gitops("adopt", "--yes", code=5)
    assert "are not in this cluster" in takeover.gitops("adopt", "--yes", "--allow-restarts", code=5)
    assert takeover.writers() == {("argocd-controller", "Apply")}
    takeover.gitops("adopt", "--yes", "--allow-restarts", "--owner-elsewhere", "--sync")
    takeover.settle()
    assert takeover.pods() != pods

    pods, specs = takeover.pods(), takeover.specs()
    takeover.gitops("adopt", "--undo")
    assert takeover.writers() == {("argocd-controller", "Apply")}
    assert takeover.stack.destroy().code == 0
    assert (takeover.pods(), takeover.specs()) == (pods, specs)
    assert takeover.stack.labeled() == set()


@pytest.mark.parametrize("takeover", ["half-way"], indirect=True)
def test_a_take_over_that_was_interrupted_is_continued_or_undone_and_two_at_once_are_refused(takeover):
    name = takeover.name
    takeover.apply()
    marks = takeover.marks()
    webhook = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": {
                "resourceRules": [
                    {
                        "apiGroups": [""],
                        "apiVersions": ["v1"],
                        "operations": ["UPDATE"],
                        "resources": ["services"],
                    }
                ]
            },
            "validations": [{"expression": "request.dryRun", "message": "not this one, not now"}],
        },
    }
    binding = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": name},
        "spec": {
            "policyName": name,
            "validationActions": ["Deny"],
            "matchResources": {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}},
        },
    }
    try:
        for body in (webhook, binding):
            takeover.kubectl("apply", "-f", "-", stdin=json.dumps(body))
        takeover.until_refused("service")
        done = takeover.stack.gitops("adopt", "--stack", name, "--yes")
        assert "not this one, not now" in done.text
    finally:
        for kind in ("validatingadmissionpolicybinding", "validatingadmissionpolicy"):
            takeover.kubectl("delete", kind, name)
    assert takeover.writers() == {("gitops", "Apply"), ("kubectl-client-side-apply", "Update")}

    for _ in range(20):  # the policy's end takes a moment to be known
        if takeover.stack.gitops("adopt", "--stack", name, "--yes").code == 0:
            break
    assert takeover.writers() == {("gitops", "Apply")}
    lease = {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"namespace": "default"},
        "spec": {"holderIdentity": "elsewhere/1", "leaseDurationSeconds": 3600},
    }
    records = takeover.stack.live("configmap", "default")["items"]
    record = next(
        r for r in records if r["metadata"].get("labels", {}).get("gitops.internal/adoption") == name
    )
    lease["metadata"]["name"] = record["metadata"]["name"].rpartition("-")[0]
    lease["spec"]["renewTime"] = "2100-01-01T00:00:00.000000Z"
    takeover.kubectl("apply", "-f", "-", stdin=json.dumps(lease))
    assert "elsewhere/1 holds the lease" in takeover.gitops("adopt", "--undo", code=8)
    takeover.kubectl("-n", "default", "delete", "lease", lease["metadata"]["name"])
    assert b"hunter2" not in base64.b64decode(record["binaryData"]["record"])

    takeover.gitops("adopt", "--undo")
    restored = takeover.marks()
    assert {k: v for k, v in restored.items() if k != "Secret/login"} == {
        k: v for k, v in marks.items() if k != "Secret/login"
    }
