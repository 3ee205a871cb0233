"""A closer look at one live application: what its objects own, what is told of them, how they live."""

import json

import pytest
import yaml

from tests.git_repository import GitRepository
from tests.live.stack_project import config_map, deployed, deployment

pytestmark = pytest.mark.live

SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: hunter2}\n"


def test_objects_are_followed_down_to_pods(tmp_path, sandbox):
    repository = GitRepository(tmp_path / "repository")
    repository.write("k8s/02-apps/close/web.yaml", deployment("web", replicas=2))
    repository.write("k8s/02-apps/close/x.yaml", config_map("x", a="1") + "---\n" + SECRET)
    repository.commit()
    with deployed(
        tmp_path / "p", sandbox, stack="close", context="staging", repository=repository.url
    ) as project:

        def gitops(*words, code=0):
            done = project.gitops("app", *words, "--stack", "close")
            assert done.code == code, done.text
            return done.text

        found = json.loads(gitops("resources", "close", "-o", "json"))["resources"]
        owners = {item["key"].partition(":")[0]: item["owner"].partition(":")[0] for item in found}
        assert (owners["Pod"], owners["apps/ReplicaSet"]) == ("apps/ReplicaSet", "apps/Deployment")
        assert owners["apps/Deployment"] == owners["ConfigMap"] == ""
        assert sum(item["key"].startswith("Pod:") for item in found) == 2
        assert {item["health"]["status"] for item in found} == {"Healthy"}
        assert "└ apps/ReplicaSet:close/web-" in gitops("resources", "close")

        told = json.loads(gitops("events", "close", "-o", "json"))["events"]
        assert {"SuccessfulCreate", "Scheduled"} <= {event["reason"] for event in told}

        live = list(yaml.safe_load_all(gitops("manifests", "close", "--live")))
        assert {item["kind"] for item in live} == {"Namespace", "Deployment", "ConfigMap", "Secret"}
        assert "hunter2" not in json.dumps(live)
        assert all("managedFields" not in item["metadata"] for item in live)
        assert "deployment.apps/web" in gitops("manifests", "close", "-o", "name")

        # its nodes run no containers, so that there is a reason instead of a log
        assert "no container of application 'close' has a log" in gitops("logs", "close", code=4)
        assert "no pods with a container 'nobody'" in gitops("logs", "close", "--container", "nobody", code=6)
        assert "nothing lives of application 'nobody'" in gitops("events", "nobody", code=6)
