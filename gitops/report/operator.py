"""Stacks as objects of the Pulumi Kubernetes Operator 2: `Stack` in `pulumi.com/v1`.

Source: the operator's definition of `stacks.pulumi.com`, and its manual. Values that are secret, and files, are named
and never written: each stack has one Secret beside its object, which holds them under the keys that are referred to.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from gitops.model.errors import ConfigError, Location

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gitops.model.settings import Settings

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_FOLDER = "/etc/gitops"
_SHORTEST = 60  # seconds: the operator looks no more often
# What the engine's backends read, by the scheme of their URL.
CREDENTIALS = {
    "s3": ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
    "azblob": ("AZURE_STORAGE_ACCOUNT", "AZURE_STORAGE_KEY"),
    "gs": ("GOOGLE_CREDENTIALS",),
    "https": ("PULUMI_ACCESS_TOKEN",),
    # its URL holds a password
    "postgres": ("PULUMI_BACKEND_URL",),
}


@dataclass(frozen=True, slots=True)
class Operator:
    """Where the operator finds what it needs.

    Attributes:
        repository: the Git repository of the project, over https or ssh.
        branch: the one that it follows.
        folder: of `Pulumi.yaml` in it, "" for its root.
        backend: the URL of the state's backend; of one with a password, only the scheme counts.
        namespace: of the objects.
        account: the ServiceAccount of the workspaces.
        organization: of Pulumi Cloud, "" for another backend.
        image: of the workspaces, which has this program and what it renders with; "" for the operator's own.
        private: whether the project's repository wants a token.
    """

    repository: str
    branch: str
    folder: str
    backend: str
    namespace: str
    account: str
    organization: str = ""
    image: str = ""
    private: bool = False


def stack_objects(
    operator: Operator, stacks: Sequence[Settings], providers: Mapping[str, str]
) -> tuple[dict[str, Any], ...]:
    """The object of each stack, after those that it waits for; `providers` has who encrypts each one's secrets.

    Raises:
        ConfigError: a stack can't be run by anybody but this machine.
    """
    _check(operator)
    known = {settings.stack: settings for settings in stacks}
    return tuple(
        _object(operator, known[name], before_of(known[name], stacks), providers.get(name, ""))
        for name in _ordered(stacks)
    )


def secret_keys(stack: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    """The name of the Secret that an object refers to, and the keys that it has to have."""
    spec = stack["spec"]
    refs = [ref["secret"]["key"] for ref in spec["envRefs"].values() if ref["type"] == "Secret"]
    token = (spec.get("gitAuth") or {}).get("accessToken")
    refs += [token["secret"]["key"]] if token else []
    volume = spec["workspaceTemplate"]["spec"]["podTemplate"]["spec"]["volumes"][0]["secret"]
    return volume["secretName"], tuple(sorted({*refs, *(item["key"] for item in volume["items"])}))


def before_of(settings: Settings, stacks: Iterable[Settings]) -> tuple[str, ...]:
    """The stacks that have to be well before one is run: its source, and the group of its stage before its own."""
    own = settings.promotion
    others = [item for item in stacks if item.stack != settings.stack]
    earlier = [
        item
        for item in others
        if own.stage and item.promotion.stage == own.stage and _group(item) < own.group
    ]
    last = max(map(_group, earlier), default=0)
    group = {item.stack for item in earlier if _group(item) == last}
    return tuple(sorted(group | ({own.source} & {item.stack for item in others})))


def _group(settings: Settings) -> int:
    return settings.promotion.group


def _ordered(stacks: Sequence[Settings]) -> tuple[str, ...]:
    """Names, each after those that it waits for."""
    waiting = {item.stack: set(before_of(item, stacks)) for item in sorted(stacks, key=lambda s: s.stack)}
    done: list[str] = []
    while waiting:
        ready = [name for name, before in waiting.items() if before.issubset(done)]
        if not ready:
            raise ConfigError(
                f"these stacks wait for each other: {', '.join(sorted(waiting))}",
                next_step="look at gitops:promotesFrom and gitops:group in their files",
            )
        done += ready
        waiting = {name: before for name, before in waiting.items() if name not in ready}
    return tuple(done)


def _object(operator: Operator, settings: Settings, before: Sequence[str], provider: str) -> dict[str, Any]:
    stack, secret = settings.stack, f"gitops-{settings.stack}"
    _check_stack(settings)
    files = dict(_files(settings))
    scheme = urlsplit(operator.backend).scheme
    variables = [*CREDENTIALS.get(scheme, ()), *([] if provider else ["PULUMI_CONFIG_PASSPHRASE"])]
    environment: dict[str, Any] = {name: _secret(secret, name) for name in variables}
    environment["PULUMI_SKIP_CHECKPOINTS"] = {"type": "Literal", "literal": {"value": "true"}}
    spec: dict[str, Any] = {
        "stack": f"{operator.organization}/{stack}" if operator.organization else stack,
        "projectRepo": operator.repository,
        "branch": operator.branch,
        "repoDir": operator.folder,
        "gitAuth": {"accessToken": _secret(secret, "projectToken")} if operator.private else None,
        "backend": "" if "PULUMI_BACKEND_URL" in variables else operator.backend,
        "secretsProvider": provider,
        "config": {f"gitops:{key}": value for key, (value, _) in files.items()},
        "envRefs": environment,
        "prerequisites": [{"name": name} for name in before],
        # the manifests are in another repository, so that a commit of this one tells nothing
        "continueResyncOnCommitMatch": True,
        "resyncFrequencySeconds": max(_SHORTEST, round(settings.loop.interval)),
        "refresh": True,
        "destroyOnFinalize": False,
        "serviceAccountName": operator.account,
        "workspaceTemplate": _workspace(operator, secret, [file for _, file in files.values()]),
    }
    return {
        "apiVersion": "pulumi.com/v1",
        "kind": "Stack",
        "metadata": {"name": stack, "namespace": operator.namespace},
        "spec": {key: value for key, value in spec.items() if value not in ("", None, [])},
    }


def _files(settings: Settings) -> Iterable[tuple[str, tuple[str, str]]]:
    """Each setting that names a file of this machine: what it is in a workspace, and the file's name there."""
    yield "kubeconfig", (f"{_FOLDER}/kubeconfig", "kubeconfig")
    if settings.repository.key_file:
        yield "repositoryKeyFile", (f"{_FOLDER}/repositoryKeyFile", "repositoryKeyFile")
    if settings.secrets.key_ring.startswith("file:"):
        yield "keyRing", (f"file:{_FOLDER}/keyRing", "keyRing")


def _workspace(operator: Operator, secret: str, files: Sequence[str]) -> dict[str, Any]:
    items = [{"key": name, "path": name} for name in files]
    pod = {
        "volumes": [{"name": "gitops", "secret": {"secretName": secret, "items": items}}],
        "containers": [
            {
                "name": "pulumi",
                "volumeMounts": [{"name": "gitops", "mountPath": _FOLDER, "readOnly": True}],
            }
        ],
    }
    image = {"image": operator.image} if operator.image else {}
    return {"spec": {**image, "podTemplate": {"spec": pod}}}


def _secret(name: str, key: str) -> dict[str, Any]:
    return {"type": "Secret", "secret": {"name": name, "key": key}}


def _check(operator: Operator) -> None:
    backend = urlsplit(operator.backend)
    if backend.scheme not in CREDENTIALS:
        raise ConfigError(
            f"the operator can't reach a state at {backend.scheme or 'no URL'}{'://…' if backend.scheme else ''}",
            next_step=f"give --backend with one of {', '.join(f'{scheme}://' for scheme in CREDENTIALS)}",
        )
    if backend.password and backend.scheme != "postgres":
        raise ConfigError("the backend's URL holds a password", next_step="leave it out of --backend")
    if backend.scheme == "https" and not operator.organization:
        raise ConfigError("stacks of Pulumi Cloud have an organization", next_step="give --organization")
    url = urlsplit(operator.repository)
    if url.password or (url.username and url.scheme == "https"):
        raise ConfigError(
            "the project's repository has credentials in its URL",
            next_step="give --project-repository without",
        )
    if not operator.branch:
        raise ConfigError("no branch of the project is checked out", next_step="give --branch")
    if url.scheme not in {"https", "ssh"}:
        raise ConfigError(
            f"the operator can't reach the project at {operator.repository or 'no URL'}",
            next_step="give --project-repository with an https or ssh URL",
        )


def _check_stack(settings: Settings) -> None:
    stack, where = settings.stack, Location(f"Pulumi.{settings.stack}.yaml")
    if not _NAME.fullmatch(stack):
        raise ConfigError(
            f"an object can't be called {stack!r}", where=where, next_step="rename: pulumi stack rename"
        )
    if settings.repository.url.startswith("file:"):
        raise ConfigError(
            f"stack {stack} reads a repository of this machine",
            where=where,
            next_step="set gitops:repository to an https or ssh URL",
        )
