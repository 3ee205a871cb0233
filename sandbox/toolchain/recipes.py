"""What is built, as data."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass

_FORMAT = 1
"""Raised when the way of building changes what comes out of an unchanged recipe."""


@dataclass(frozen=True, slots=True)
class Extra:
    """A file of a module that is put beside the program, with its run bit set."""

    module: str
    path: str

    @property
    def name(self) -> str:
        """Its file name."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Recipe:
    """One program.

    Attributes:
        name: the program's file name.
        module: its Go module as `path@version`.
        package: the package to build, relative to the module; "" is the module itself.
        variables: what the linker sets, by qualified name.
        staging: the version that takes the place of the module's `./staging/…` replacements, or "".
        extras: files put beside the program.
        replacing: whether the module's replacements by versions count here too.
    """

    name: str
    module: str
    package: str
    variables: tuple[tuple[str, str], ...] = ()
    staging: str = ""
    extras: tuple[Extra, ...] = ()
    replacing: bool = False

    @property
    def import_path(self) -> str:
        """The package's full path."""
        return f"{self.module.partition('@')[0]}/{self.package}".rstrip("/")

    @property
    def linker_flags(self) -> str:
        """What `go build -ldflags` is given: no symbol tables, and the variables."""
        return " ".join(["-s", "-w", *(f"-X {name}={value}" for name, value in self.variables)])

    def key(self, go: str) -> str:
        """Hash everything that decides the result: this recipe, and what `go` says about itself."""
        told = asdict(self)
        if not self.replacing:
            del told["replacing"]  # programs that were built before it could be said stay of use
        text = json.dumps([_FORMAT, told, go], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def go_mod(recipe: Recipe, module_go_mod: str) -> str:
    """Write the go.mod of a module that exists only to build the recipe.

    Format: go.dev/ref/mod. Replacements count only in the main module, so those of the program's
    own go.mod that point into its source tree are repeated with the version they were published under.
    """
    path, _, version = recipe.module.partition("@")
    lines = ["module tools", "", "go 1.26", "", f"require {path} {version}", ""]
    if recipe.staging:
        local = re.findall(r"^(?:replace)?\s*(\S+)\s*=>\s*\./staging/\S+\s*$", module_go_mod, re.MULTILINE)
        lines += [f"replace {name} => {name} {recipe.staging}" for name in sorted(set(local))]
    if recipe.replacing:
        versions = re.findall(
            r"^(?:replace)?\s*(\S+(?: v\S+)?) => (\S+ v\S+)\s*$", module_go_mod, re.MULTILINE
        )
        lines += [f"replace {name} => {instead}" for name, instead in sorted(set(versions))]
    return "\n".join(lines).rstrip() + "\n"


PULUMI = "v3.259.0"
KUBERNETES = "v1.36.3"
KWOK_MODULE = "sigs.k8s.io/kwok@v0.8.0"


def _kubernetes(name: str) -> Recipe:
    version = "k8s.io/component-base/version.git"
    major, minor, _ = KUBERNETES[1:].split(".")
    return Recipe(
        name,
        f"k8s.io/kubernetes@{KUBERNETES}",
        f"cmd/{name}",
        ((f"{version}Version", KUBERNETES), (f"{version}Major", major), (f"{version}Minor", minor)),
        staging=f"v0.{KUBERNETES[3:]}",
    )


KUSTOMIZE = Recipe("kustomize", "sigs.k8s.io/kustomize/kustomize/v5@v5.8.1", "")

ROLLOUTS = Recipe(
    "rollouts-controller",
    "github.com/argoproj/argo-rollouts@v1.9.1",
    "cmd/rollouts-controller",
    replacing=True,
)
"""The controller of Argo Rollouts."""

RECIPES = (
    Recipe(
        "pulumi",
        f"github.com/pulumi/pulumi/pkg/v3@{PULUMI}",
        "cmd/pulumi",
        (("github.com/pulumi/pulumi/sdk/v3/go/common/version.Version", PULUMI),),
    ),
    Recipe(
        "pulumi-language-python",
        "github.com/pulumi/pulumi/sdk/v3@v3.70.0",  # the last that holds the host; the engine accepts it
        "python/cmd/pulumi-language-python",
        extras=(
            Extra(f"github.com/pulumi/pulumi/sdk/v3@{PULUMI}", "python/cmd/pulumi-language-python-exec"),
        ),
    ),
    Recipe("etcd", "go.etcd.io/etcd/server/v3@v3.7.3", ""),
    _kubernetes("kube-apiserver"),
    _kubernetes("kube-controller-manager"),
    _kubernetes("kube-scheduler"),
    _kubernetes("kubectl"),
    Recipe("kwok", KWOK_MODULE, "cmd/kwok"),
    KUSTOMIZE,
    ROLLOUTS,
)
"""Every program of a sandbox."""

HELM = Recipe(
    "helm",
    "helm.sh/helm/v4@v4.3.1",
    "cmd/helm",
    (("helm.sh/helm/v4/internal/version.version", "v4.3.1"),),
)
"""Renders charts; built where it is needed, since it takes minutes and not every repository holds a chart."""

REGISTRY = Recipe("registry", "github.com/google/go-containerregistry@v0.20.6", "cmd/registry")
"""A container registry in memory, to keep charts in."""

SEALED_SECRETS_MODULE = "github.com/bitnami-labs/sealed-secrets@v0.32.2"  # newer ones declare another path
KUBESEAL = Recipe("kubeseal", SEALED_SECRETS_MODULE, "cmd/kubeseal", (("main.VERSION", "0.32.2"),))
SEALED_SECRETS = Recipe(
    "sealed-secrets-controller", SEALED_SECRETS_MODULE, "cmd/controller", (("main.VERSION", "0.32.2"),)
)
"""The controller that opens SealedSecrets in the cluster, and the command that makes them."""

EVERYTHING = (*RECIPES, HELM, REGISTRY, KUBESEAL, SEALED_SECRETS)
"""What a sandbox and the tests need."""
