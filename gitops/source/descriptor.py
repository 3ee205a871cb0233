"""`gitops.yaml`: how an application wants to be treated, read strictly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from gitops.model.duration import parse_duration
from gitops.model.errors import Location
from gitops.source.argo.projectspec import OwnWindow  # noqa: TC001 - msgspec reads the annotation
from gitops.source.differences import Ignored  # noqa: TC001 - msgspec reads the annotation
from gitops.source.rollout import read_rollout
from gitops.source.shaped import shaped
from gitops.source.strict import objection
from gitops.source.windows import complaints, own_windows
from gitops.source.yaml import YamlError, read_with_lines

if TYPE_CHECKING:
    from gitops.model.errors import Problems

FILE_NAME = "gitops.yaml"

DnsLabel = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")]
Wave = Annotated[int, msgspec.Meta(ge=-1000, le=1_000_000)]


class Timeouts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long things may take."""

    health: str = ""
    rollout: str = ""


class Descriptor(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """The keys of `gitops.yaml`; a key that is not here is an error. `rollout` is a RolloutSection once it is read."""

    wave: Wave | None = None
    namespace: DnsLabel | None = None
    create_namespace: bool = True
    depends_on: tuple[str, ...] = ()
    project: str = "default"
    critical: bool = False
    prune: bool = True
    self_heal: bool = True
    rollback_on_failure: bool = False
    revert_on_failure: bool = False
    timeouts: Timeouts = Timeouts()
    hooks: Literal["on-change", "every-sync"] = "on-change"
    ignore_differences: tuple[Ignored, ...] = ()
    health_rules: tuple[dict[str, Any], ...] = ()
    rollout: Any = None
    sync_windows: tuple[OwnWindow, ...] = ()


def read_descriptor(content: bytes, file: str, application: str, problems: Problems) -> Descriptor:
    """The descriptor in a file's content; what is wrong in it goes to `problems` with its line."""
    try:
        body, lines = read_with_lines(content)
        descriptor = shaped(body if body is not None else {}, Descriptor)
    except YamlError as error:
        problems.add(str(error), Location(file, error.line), "mend the YAML", application)
        return Descriptor()
    except msgspec.ValidationError as error:
        said = objection(error)
        what, path, step = str(said), said.path, "mend the value"
        if said.unknown:
            what = f"key `{path}` is not known"
            step = (
                f"the keys are: {', '.join(_keys(Timeouts if path.startswith('timeouts.') else Descriptor))}"
            )
        problems.add(what, Location(file, lines.get(path, 1)), step, application)
        return Descriptor()
    for name, text in msgspec.structs.asdict(descriptor.timeouts).items():
        try:
            parse_duration(text or "1s")
        except ValueError as error:
            problems.add(
                str(error), Location(file, lines.get(f"timeouts.{name}", 1)), "mend the value", application
            )
            return Descriptor()
    for what, step in complaints(own_windows(descriptor.sync_windows, application)):
        problems.add(what, Location(file, lines.get("syncWindows", 1)), step, application)
        return Descriptor()
    if descriptor.rollout is None:
        return descriptor
    section = read_rollout(descriptor.rollout, file, lines, problems, application)
    return msgspec.structs.replace(descriptor, rollout=section)


def _keys(struct: type[msgspec.Struct]) -> list[str]:
    return sorted(field.encode_name for field in msgspec.structs.fields(struct))
