"""The real Sealed Secrets: `kubeseal` on this machine, and the controller beside a cluster of the sandbox."""

import base64
import json
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from gitops.cluster.client import Client
from gitops.cluster.errors import ApiError
from gitops.cluster.kubeconfig import load
from gitops.secrets.certificate import read_certificate
from gitops.secrets.files import as_text
from gitops.secrets.scope import KEY_LABEL, Scope
from gitops.secrets.sealed import seal_secret
from sandbox.controlplane.ports import choose
from tests.git_repository import GitRepository
from tests.live.stack_project import StackProject, config_map

NAMESPACE, SERVICE = "kube-system", "sealed-secrets-controller"
APP, SECRET = "k8s/02-apps/vault", "/api/v1/namespaces/vault/secrets/login"
PLAINTEXT = b"correct-horse-battery-staple-7391"


class Kubeseal:
    """`kubeseal`, without a cluster."""

    def __init__(self, program: str) -> None:
        self.program = program

    def __call__(self, *arguments, sent="", fails=False):
        done = subprocess.run(
            [self.program, *map(str, arguments)],
            input=sent if isinstance(sent, bytes) else sent.encode(),
            capture_output=True,
            env={"PATH": os.defpath, "HOME": "/nowhere"},
            timeout=60,
            check=False,
        )
        assert (done.returncode != 0) == fails, done.stderr
        return done.stdout.decode()

    def seal(self, secret, certificate, *arguments):
        """The SealedSecret that it makes of a Secret."""
        text = self("--cert", certificate, "-o", "yaml", *arguments, sent=json.dumps(secret))
        return next(filter(None, yaml.safe_load_all(text)))

    def unseal(self, sealed, *keys):
        """The values of the Secret that it makes of a SealedSecret."""
        private = [word for key in keys for word in ("--recovery-private-key", key)]
        text = self("--recovery-unseal", *private, "-o", "json", sent=json.dumps(sealed))
        return json.loads(text)


class ClusterController:
    """The controller of one cluster, started and stopped; it answers through the API server's service proxy."""

    def __init__(self, program: str, folder: Path, sandbox, context: str) -> None:
        self.program = program
        self.folder = folder
        self.address = urlsplit(sandbox.cluster(context).address)
        self.client = Client(load(str(sandbox.kubeconfig), context))
        ports = choose(("http", "metrics"), {}, frozenset())
        self.port, self.metrics = ports["http"], ports["metrics"]
        self.process = None
        self._account()

    def _account(self) -> None:
        accounts = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts"
        self._ensure(accounts, {"metadata": {"name": SERVICE}})
        self._ensure(
            "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
            {
                "metadata": {"name": SERVICE},
                "roleRef": {
                    "apiGroup": "rbac.authorization.k8s.io",
                    "kind": "ClusterRole",
                    "name": "cluster-admin",
                },
                "subjects": [{"kind": "ServiceAccount", "name": SERVICE, "namespace": NAMESPACE}],
            },
        )
        token = self.client.create(f"{accounts}/{SERVICE}/token", {"spec": {"expirationSeconds": 7200}})
        self.files = self.folder / "account"
        self.files.mkdir(parents=True, exist_ok=True)
        (self.files / "token").write_text(token["status"]["token"])
        root = self.client.get(f"/api/v1/namespaces/{NAMESPACE}/configmaps/kube-root-ca.crt")
        (self.files / "ca.crt").write_text(root["data"]["ca.crt"])
        (self.files / "namespace").write_text(NAMESPACE)

    def _ensure(self, path, body):
        try:
            self.client.create(path, body)
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [
            *("unshare", "--mount", "--user", "--map-root-user", sys.executable),
            *(str(Path(__file__).with_name("in_cluster.py")), str(self.files), self.program),
            *(f"--listen-addr=:{self.port}", f"--listen-metrics-addr=127.0.0.1:{self.metrics}"),
            *("--rate-limit=1000", "--rate-limit-burst=1000"),
        ]
        environment = {
            "PATH": os.defpath,
            "POD_NAMESPACE": NAMESPACE,
            "KUBERNETES_SERVICE_HOST": self.address.hostname,
            "KUBERNETES_SERVICE_PORT": str(self.address.port),
        }
        with (self.folder / "controller.log").open("ab") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        self._route()
        for _ in range(150):
            assert self.process.poll() is None, (self.folder / "controller.log").read_text()[-2000:]
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1):
                    return
            except OSError:
                time.sleep(0.2)
        raise AssertionError((self.folder / "controller.log").read_text()[-2000:])

    def _route(self) -> None:
        """The Service that it is known by, and a pod behind it that has this machine's address.

        The API server looks behind a Service for pods alone. This one is on no node, so nobody runs it.
        """
        name, port = {"name": SERVICE, "namespace": NAMESPACE}, {"name": "http", "port": self.port}
        containers = [{"name": "controller", "image": "sealed-secrets"}]
        pod = {"schedulerName": "nobody", "containers": containers}
        address = {"ip": own_address(), "targetRef": {"kind": "Pod", **name}}
        base = f"/api/v1/namespaces/{NAMESPACE}"
        for path, kind, body in (
            (f"{base}/services/{SERVICE}", "Service", {"spec": {"ports": [port]}}),
            (f"{base}/pods/{SERVICE}", "Pod", {"spec": pod}),
            (
                f"{base}/endpoints/{SERVICE}",
                "Endpoints",
                {"subsets": [{"addresses": [address], "ports": [port]}]},
            ),
        ):
            manifest = {"apiVersion": "v1", "kind": kind, "metadata": name, **body}
            self.client.apply(path, manifest, field_manager="test", force=True)
        status = {"phase": "Running", "podIP": own_address(), "podIPs": [{"ip": own_address()}]}
        self.client.patch(f"{base}/pods/{SERVICE}/status", {"status": status})

    def stop(self) -> None:
        """Stop it."""
        if self.process:
            self.process.terminate()
            self.process.wait(20)

    def restart(self) -> None:
        """Let it read its keys again."""
        self.stop()
        self.start()

    def secret(self, namespace, name, *, within=20.0):
        """The Secret that it makes, when it has."""
        deadline = time.monotonic() + within
        while True:
            try:
                return self.client.get(f"/api/v1/namespaces/{namespace}/secrets/{name}")
            except ApiError as error:
                if error.status != 404 or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)


def own_address() -> str:
    """An address of this machine other than the loopback one, behind which the API server would not look."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # TEST-NET-1: nothing is sent
        return str(probe.getsockname()[0])


def values(secret):
    """The values of a Secret, in clear."""
    return {key: base64.b64decode(value) for key, value in (secret.get("data") or {}).items()}


def certificate(controller):
    """The controller's newest certificate."""
    path = f"/api/v1/namespaces/{NAMESPACE}/secrets"
    keys = controller.client.list(path, KEY_LABEL)
    found = [read_certificate(base64.b64decode(key["data"]["tls.crt"]), "key") for key in keys]
    return max(found, key=lambda one: one.not_before)


def sealed(
    controller,
    name="login",
    namespace="vault",
    *,
    scope=Scope.STRICT,
    content=None,
    kind="Opaque",
    **template,
):
    """A SealedSecret for the controller's newest key."""
    body = {"metadata": {"name": name, "namespace": namespace, **template}, "type": kind}
    return seal_secret(body, content or {"password": PLAINTEXT}, scope, certificate(controller))


def vault_repository(tmp_path, controller):
    """A repository with one application, and in it a SealedSecret for the controller."""
    repository = GitRepository(tmp_path / "repository")
    repository.write(f"{APP}/config.yaml", config_map("settings", a="1"))
    repository.write(f"{APP}/sealed.yaml", as_text([sealed(controller)]))
    repository.commit("a secret")
    return repository


@contextmanager
def vault(folder, sandbox, repository, name):
    """A stack of a repository whose SealedSecrets the controller opens, taken down at the end."""
    project = StackProject(
        folder,
        sandbox,
        stack=f"secrets-{abs(hash(name)) % 10**6}",
        context="staging",
        repository=repository.url,
        healthTimeout="30s",
        secrets="controller",
        keyRing="",
    )
    yield project
    project.destroy()


def wait_until(told, seconds=20):
    deadline = time.monotonic() + seconds
    while not told():
        assert time.monotonic() < deadline
        time.sleep(0.2)
