"""The plan of a stack that opens its own secrets, and what is kept and printed of it."""

from dataclasses import replace

import pytest

from gitops.desired import desired_plan, rendered, sound_plan
from gitops.model.capabilities import Served
from gitops.model.errors import ProblemsError
from gitops.model.settings import Cluster, Repository, Secrets, Settings
from gitops.report.manifests import as_yaml
from gitops.secrets.files import as_text
from gitops.secrets.scope import Scope
from gitops.secrets.sealed import plain_values, seal_secret
from tests.git_repository import GitRepository
from tests.secrets.key_pairs import backup, pair

PLAIN = "kind: ConfigMap\napiVersion: v1\nmetadata: {name: c}\n"


def sealed(name="db", namespace="web", key="a"):
    body = {"metadata": {"name": name, "namespace": namespace}, "type": "Opaque"}
    return as_text([seal_secret(body, {"p": b"hunter2-hunter2"}, Scope.STRICT, pair(key).certificate)])


@pytest.fixture
def repository(tmp_path):
    repository = GitRepository(tmp_path / "repository")
    repository.write("k8s/02-apps/web/s.yaml", sealed()).write("k8s/02-apps/shop/c.yaml", PLAIN)
    repository.commit("first")
    return repository


@pytest.fixture
def settings(tmp_path, repository):
    (tmp_path / "keys.pem").write_bytes(backup("a"))
    plain = Settings("test", Repository(repository.url, "main"), Cluster(), overlay="test")
    return replace(plain, secrets=Secrets(opened=True, key_ring=f"file:{tmp_path / 'keys.pem'}"))


def test_the_plan_holds_the_secret_and_nothing_kept_or_printed_does(settings, tmp_path):
    plan = desired_plan(settings, Served({}, Served().capabilities), tmp_path / "cache")
    (secret,) = [item.manifest for item in plan.objects if item.manifest.kind == "Secret"]
    assert plain_values(secret.body) == {"p": b"hunter2-hunter2"}
    assert secret.body["metadata"]["labels"]["gitops.internal/application"] == "web"
    kept = b"".join(file.read_bytes() for file in (tmp_path / "cache").rglob("*") if file.is_file())
    _, manifests = rendered(settings, (), tmp_path / "cache")
    printed = as_yaml(manifests, secrets=True).encode()
    assert b"SealedSecret" in printed
    for form in (b"hunter2", b"aHVudGVyMi1odW50ZXIy"):
        assert form not in kept
        assert form not in printed


def test_a_secret_that_does_not_open_leaves_out_its_application_alone(settings, repository, tmp_path):
    repository.write("k8s/02-apps/web/t.yaml", sealed("other", key="b")).commit("not for us")
    served = Served({}, Served().capabilities)
    with pytest.raises(
        ProblemsError, match=r"k8s/02-apps/web/t\.yaml:1: p of SealedSecret web/other can't be opened"
    ):
        desired_plan(settings, served, tmp_path / "cache")
    plan, left_out = sound_plan(settings, served, (), tmp_path / "cache")
    assert [item.name for item in left_out] == ["web"]
    assert [item.name for item in plan.applications] == ["shop"]


def test_a_stack_without_keys_is_told_what_to_do(settings, tmp_path):
    without = replace(settings, secrets=Secrets(opened=True))
    with pytest.raises(ProblemsError, match="gitops secret key generate --stack test"):
        desired_plan(without, Served({}, Served().capabilities), tmp_path / "cache")


def test_a_secret_in_clear_is_refused_by_file_and_line_where_that_is_asked_for(
    settings, repository, tmp_path
):
    text = f"{PLAIN}---\nkind: Secret\napiVersion: v1\nmetadata: {{name: s}}\nstringData: {{a: hunter2}}\n"
    repository.write("k8s/02-apps/shop/c.yaml", text).commit("in clear")
    served = Served({}, Served().capabilities)
    strict = replace(settings, secrets=replace(settings.secrets, refuse_plain=True))
    with pytest.raises(
        ProblemsError, match=r"k8s/02-apps/shop/c\.yaml:5: Secret shop/s stands here in clear"
    ) as told:
        desired_plan(strict, served, tmp_path / "cache")
    assert "hunter2" not in str(told.value)
    with pytest.raises(ProblemsError, match="in clear"):
        rendered(strict, (), tmp_path / "cache")
    allowed = replace(strict, secrets=replace(strict.secrets, plain=("k8s/*/shop/*",)))
    assert len(desired_plan(allowed, served, tmp_path / "cache").objects) > 2
