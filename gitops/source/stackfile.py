"""Stack configuration becomes settings, whether the engine or a stack file hands it over."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec reads the annotation
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, get_origin

import msgspec

from gitops.model.duration import parse_duration
from gitops.model.errors import ConfigError, Location, NotFoundError, Problems
from gitops.model.settings import (
    DEFAULT_GLOBS,
    ApplicationGlob,
    BreakGlass,
    Cluster,
    FleetCluster,
    Loop,
    Promotion,
    Repository,
    Secrets,
    Settings,
)
from gitops.source.argo.projectspec import Window  # noqa: TC001 - msgspec reads the annotation
from gitops.source.health_rules import read_health_rules
from gitops.source.match import matches, matches_text
from gitops.source.shaped import shaped
from gitops.source.url import checked_revision, is_web_address, repository_url
from gitops.source.verification import read_checks
from gitops.source.windows import complaints, windows_of
from gitops.source.yaml import YamlError, read_with_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")
NAMESPACE = "gitops"
# in the environment, and in the stack's configuration
TOKEN, TOKEN_KEY = "GITOPS_REPOSITORY_TOKEN", "repositoryToken"
SYNC_INTERVAL = "SYNC_INTERVAL"
# seconds; a shorter one would only load the repository's server, and a webhook is quicker than any
SHORTEST_INTERVAL = 1.0
Percent = Annotated[int, msgspec.Meta(ge=0, le=100)]
Share = Annotated[str, msgspec.Meta(pattern=r"^([0-9]{1,6}|[0-9]{1,2}%|100%)?$")]
StageName = Annotated[str, msgspec.Meta(pattern=r"^([A-Za-z0-9][A-Za-z0-9._-]{0,39})?$")]


class GlobConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of `gitops:applications`."""

    path: str
    wave: int = 20
    exclude: tuple[str, ...] = ()


class BreakGlassConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`gitops:breakGlass`."""

    reason: Annotated[str, msgspec.Meta(min_length=3)]
    until: Annotated[datetime, msgspec.Meta(tz=True)]
    applications: tuple[str, ...] = ("*",)


class StackConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """The keys of a stack's configuration, each described in `Pulumi.yaml`."""

    repository: str = ""
    revision: str = "main"
    repository_token: str = ""
    repository_key_file: str = ""
    kubeconfig: str = ""
    context: str = ""
    applications: tuple[GlobConfig, ...] = ()
    argocd: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()
    cluster_labels: dict[str, str] = {}  # msgspec makes a copy for each value
    cluster_annotations: dict[str, str] = {}
    overlay: str = ""
    enable_helm: bool = False
    health_rules: tuple[dict[str, Any], ...] = ()
    hooks: Literal["on-change", "every-sync"] = "on-change"
    health_timeout: str = "5m"
    delete_limit: Percent = 50
    secrets: Literal["controller", "program"] = "controller"
    key_ring: str = ""
    sealing_certificate: str = ""
    secret_digest_key: str = ""
    refuse_plain_secrets: bool = False
    plain_secrets: tuple[str, ...] = ()
    verification: tuple[dict[str, Any], ...] = ()
    sync_interval: str = "3m"
    sync_windows: tuple[Window, ...] = ()
    break_glass: dict[str, Any] = {}  # as above
    paused: tuple[str, ...] = ()
    promotes_from: str = ""
    soak: str = ""
    approval: bool = False
    stage: StageName = ""
    group: Annotated[int, msgspec.Meta(ge=0)] = 0
    max_unavailable: Share = ""
    prometheus: str = ""


_FLEET_KEYS = ("destinations", "clusterLabels", "clusterAnnotations")
KEYS = tuple(field.encode_name for field in msgspec.structs.fields(StackConfig))
STRUCTURED = frozenset(
    field.encode_name
    for field in msgspec.structs.fields(StackConfig)
    if get_origin(field.type) in {tuple, dict}
)
"""The keys whose values are lists or mappings."""


def settings_from(
    values: Mapping[str, Any], stack: str, project: Path, environment: Mapping[str, str]
) -> Settings:
    """Settings from configuration values, whose relative paths start at the project's folder.

    `REPO_URL` and `GITOPS_REPOSITORY_TOKEN` in the environment win over the stack's file, so that a pipeline
    can hand them in.

    Raises:
        ConfigError: a value is missing, of the wrong type or not acceptable.
    """
    try:
        # the engine wants a default of every key, and hands over an empty mapping for none
        given = {key: value for key, value in values.items() if value or key != "breakGlass"}
        if isinstance(given.get("maxUnavailable"), int):
            given["maxUnavailable"] = str(
                given["maxUnavailable"]
            )  # YAML makes a number of 1, and text of 25%
        config = shaped(given, StackConfig, strict=False)
        timeout = parse_duration(config.health_timeout)
        soak = parse_duration(config.soak) if config.soak else 0.0
    except (msgspec.ValidationError, ValueError) as error:
        raise ConfigError(
            f"configuration of stack {stack!r}: {error}",
            where=Location(f"Pulumi.{stack}.yaml"),
            next_step=f"the keys of {NAMESPACE}: are {', '.join(KEYS)}",
        ) from error
    globs = tuple(ApplicationGlob(glob.path, glob.wave, glob.exclude) for glob in config.applications)
    if not (globs or config.argocd):
        globs = DEFAULT_GLOBS
    return Settings(
        stack=stack,
        repository=Repository(
            url=repository_url(environment.get("REPO_URL") or config.repository, project),
            revision=checked_revision(config.revision),
            token=environment.get(TOKEN) or config.repository_token,
            key_file=_path(config.repository_key_file, project),
        ),
        cluster=Cluster(kubeconfig=_path(config.kubeconfig, project), context=config.context),
        applications=globs,
        overlay=config.overlay or stack,
        health_timeout=timeout,
        delete_limit=config.delete_limit,
        hooks=config.hooks,
        health_rules=_listed(read_health_rules, config.health_rules, stack),
        enable_helm=config.enable_helm,
        argocd=tuple(path.strip("/") for path in config.argocd),
        fleet=_fleet(stack, config, project),
        secrets=_secrets(config, project),
        verification=_listed(read_checks, config.verification, stack),
        loop=_loop(stack, config, environment),
        promotion=Promotion(
            config.promotes_from, soak, config.approval, config.stage, config.group, config.max_unavailable
        ),
        prometheus=_prometheus(config, stack),
    )


def stack_names(project: Path) -> tuple[str, ...]:
    """The stacks that have a file in the project's folder."""
    return tuple(sorted(path.name[len("Pulumi.") : -len(".yaml")] for path in project.glob("Pulumi.*.yaml")))


def stack_values(stack: str, project: Path, secret: Callable[[str], str] | None = None) -> dict[str, Any]:
    """The values in a stack's file, for commands that need no engine.

    `secret` opens the encrypted value of a key, such as `repositoryToken`; without it those are left out.

    Raises:
        NotFoundError: there is no such file.
        ConfigError: it can't be read.
    """
    file, body = _file(stack, project)
    config = body.get("config")
    if config and not isinstance(config, dict):
        raise ConfigError("config is not a mapping", where=Location(file.name), next_step="mend the file")
    prefix = f"{NAMESPACE}:"
    own = {key.removeprefix(prefix): v for key, v in (config or {}).items() if key.startswith(prefix)}
    refuse_in_clear(own, stack)
    encrypted = {key for key, value in own.items() if isinstance(value, dict) and "secure" in value}
    opened = {key: secret(key) for key in sorted(encrypted)} if secret else {}
    return {key: value for key, value in own.items() if key not in encrypted} | opened


def secrets_provider(stack: str, project: Path) -> str:
    """Who encrypts the stack's secrets, such as `awskms://…`, as its file has it; "" for a passphrase.

    Raises as `stack_values`.
    """
    return str(_file(stack, project)[1].get("secretsprovider") or "")


def refuse_in_clear(values: Mapping[str, Any], stack: str) -> None:
    """Refuse private keys, or the key of digests, that the stack's file holds as they are; `values` are those in clear.

    Raises:
        ConfigError: it does; the text is not in the message.
    """
    ring = values.get("keyRing")
    if isinstance(ring, str) and ("PRIVATE KEY" in ring or "\n" in ring.strip()):
        raise ConfigError(
            "gitops:keyRing holds private keys in clear",
            where=Location(f"Pulumi.{stack}.yaml"),
            next_step="make new ones, since these were in a file: gitops secret key generate, or set it with --secret",
        )
    if isinstance(values.get("secretDigestKey"), str) and values["secretDigestKey"]:
        raise ConfigError(
            "gitops:secretDigestKey is there in clear, and with it digests tell what they are made from",
            where=Location(f"Pulumi.{stack}.yaml"),
            next_step="set another one: openssl rand -hex 32 | pulumi config set --secret gitops:secretDigestKey",
        )


def _file(stack: str, project: Path) -> tuple[Path, dict[str, Any]]:
    file = project / f"Pulumi.{stack}.yaml"
    try:
        body, _ = read_with_lines(file.read_bytes())
    except FileNotFoundError as error:
        known = stack_names(project)
        near = get_close_matches(stack, known, 1)
        question = f"did you mean {near[0]}? " if near else ""
        raise NotFoundError(
            f"there is no stack {stack!r} in {project}",
            next_step=f"{question}the stacks are: {', '.join(known)}"
            if known
            else "create one: pulumi stack init",
        ) from error
    except (OSError, YamlError) as error:
        raise ConfigError(
            f"can't be read: {error}", where=Location(file.name, getattr(error, "line", 0))
        ) from error
    return file, body if isinstance(body, dict) else {}


def _secrets(config: StackConfig, project: Path) -> Secrets:
    ring, certificate = config.key_ring.strip(), config.sealing_certificate
    if ring.startswith("file:"):
        ring = f"file:{_path(ring.removeprefix('file:'), project)}"
    for pattern in config.plain_secrets:
        try:
            matches(pattern, "")
        except ValueError as error:
            raise ConfigError(f"gitops:plainSecrets: {error}") from error
    return Secrets(
        opened=config.secrets == "program",
        key_ring=ring,
        certificate=certificate if "://" in certificate else _path(certificate, project),
        digest_key=config.secret_digest_key,
        refuse_plain=config.refuse_plain_secrets,
        plain=config.plain_secrets,
    )


def _prometheus(config: StackConfig, stack: str) -> str:
    if config.prometheus and not is_web_address(config.prometheus):
        raise ConfigError(
            f"gitops:prometheus is {config.prometheus!r}, which is no http or https address",
            where=Location(f"Pulumi.{stack}.yaml"),
            next_step="write it as the cluster reaches it: http://prometheus.monitoring:9090",
        )
    return config.prometheus


def _loop(stack: str, config: StackConfig, environment: Mapping[str, str]) -> Loop:
    interval = environment.get(SYNC_INTERVAL) or config.sync_interval
    try:
        # the engine hands over an empty mapping where none is stated
        leave = shaped(config.break_glass, BreakGlassConfig) if config.break_glass else None
        for pattern in (*config.paused, *(leave.applications if leave else ())):
            matches_text(pattern, "")
        seconds = parse_duration(interval)
    except (msgspec.ValidationError, ValueError) as error:
        raise ConfigError(f"configuration of stack {stack!r}: {error}", next_step="mend the value") from error
    for what, step in complaints(config.sync_windows):
        where = Location(f"Pulumi.{stack}.yaml")
        raise ConfigError(f"gitops:syncWindows: {what}", where=where, next_step=step)
    return Loop(
        interval=max(seconds, SHORTEST_INTERVAL),
        windows=windows_of(config.sync_windows),
        break_glass=BreakGlass(leave.reason, leave.until, leave.applications) if leave else None,
        paused=config.paused,
    )


def _fleet(stack: str, config: StackConfig, project: Path) -> tuple[FleetCluster, ...]:
    """This stack's cluster and those of the project's other stack files, by name."""
    clusters = {stack: _fleet_cluster(stack, config)}
    for other in stack_names(project):
        if other != stack:
            values = {k: v for k, v in stack_values(other, project).items() if k in _FLEET_KEYS}
            try:
                clusters[other] = _fleet_cluster(other, shaped(values, StackConfig, strict=False))
            except msgspec.ValidationError as error:
                raise ConfigError(
                    f"configuration of stack {other!r}: {error}",
                    where=Location(f"Pulumi.{other}.yaml"),
                    next_step=f"mend {' or '.join(_FLEET_KEYS)} there",
                ) from error
    return tuple(clusters[name] for name in sorted(clusters))


def _listed(
    read: Callable[[Any, Location, Problems], tuple[T, ...]], values: Any, stack: str
) -> tuple[T, ...]:
    problems = Problems()
    found = read(values, Location(f"Pulumi.{stack}.yaml"), problems)
    problems.raise_any()
    return found


def _fleet_cluster(stack: str, config: StackConfig) -> FleetCluster:
    labels, annotations = (
        tuple(sorted(values.items())) for values in (config.cluster_labels, config.cluster_annotations)
    )
    return FleetCluster(stack, config.destinations, labels, annotations)


def _path(text: str, project: Path) -> str:
    return str((project / Path(text).expanduser()).resolve()) if text else ""
