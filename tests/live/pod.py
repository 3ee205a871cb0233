"""The pod that a Deployment in a cluster asks for, as processes of this machine."""

import base64
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from gitops.cluster.client import Client
from gitops.cluster.kubeconfig import Access
from sandbox.controlplane.ports import choose


class Pod:
    """Runs what the pod's one container runs: its arguments, environment, volume, and its account's token.

    The files of its image are this machine's, read-only; its port, which others here may use, is another one.
    """

    def __init__(self, stack, folder, namespace, name, address):
        self.stack, self.folder = stack, folder
        self.tmp, self.files = folder / "tmp", folder / "account"
        self.tmp.mkdir(parents=True)
        self.files.mkdir()
        self.address = urlsplit(address)
        self.spec = stack.live("deployment", namespace, name)["spec"]["template"]["spec"]
        (self.container,) = self.spec["containers"]
        (self.named,) = self.container["ports"]
        self.port = choose(("http",), {}, frozenset())["http"]
        account = self.spec["serviceAccountName"]
        token = stack.kubectl("-n", namespace, "create", "token", account, "--duration", "1h").strip()
        ca = stack.live("configmap", namespace, "kube-root-ca.crt")["data"]["ca.crt"]
        for file, text in (("token", token), ("ca.crt", ca), ("namespace", namespace)):
            (self.files / file).write_text(text)
        self.client = Client(Access(address, ca=ca, token=token))
        (source,) = self.container["envFrom"]
        secret = stack.live("secret", namespace, source["secretRef"]["name"])["data"]
        self.environment = self._stated() | {k: base64.b64decode(v).decode() for k, v in secret.items()}

    def command(self, *arguments):
        """The whole command line of something in the container, by default of what it runs."""
        program, *rest = arguments or self.container["args"]
        found = Path(sys.executable).with_name(program)
        return [
            *("unshare", "--mount", "--user", "--map-root-user", f"--wd={self.stack.folder}", sys.executable),
            *(str(Path(__file__).with_name("in_cluster.py")), str(self.files)),
            *("--writable", str(self.tmp), "--writable", self.state, str(found)),
            *(text.replace(str(self.named["containerPort"]), str(self.port)) for text in rest),
        ]

    def run(self, *arguments):
        """Something in the container, until it ends."""
        command = self.command(*arguments)
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=120, check=False
        )

    def probe(self, name):
        """The address that the kubelet would call."""
        get = self.container[name]["httpGet"]
        assert get["port"] == self.named["name"]
        return f"http://127.0.0.1:{self.port}{get['path']}"

    @property
    def state(self):
        """Where the engine keeps its state: in a cluster a bucket, here a folder."""
        return self.environment["PULUMI_BACKEND_URL"].removeprefix("file://")

    def _stated(self):
        (mount,), (volume,) = self.container["volumeMounts"], self.spec["volumes"]
        assert volume == {"name": mount["name"], "emptyDir": {}}
        return {
            "PATH": self.stack.environment["PATH"],
            "TMPDIR": str(self.tmp),
            "KUBERNETES_SERVICE_HOST": self.address.hostname,
            "KUBERNETES_SERVICE_PORT": str(self.address.port),
            **{
                entry["name"]: entry["value"].replace(mount["mountPath"], str(self.tmp))
                for entry in self.container["env"]
            },
        }
