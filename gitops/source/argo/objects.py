"""Which documents are Argo CD's own, and what is common to reading them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import msgspec

from gitops.source.shaped import shaped
from gitops.source.strict import objection

if TYPE_CHECKING:
    from gitops.model.errors import Location, Problems

API_VERSION = "argoproj.io/v1alpha1"
APPLICATION, APPLICATION_SET, PROJECT = "Application", "ApplicationSet", "AppProject"
FINALIZER = "resources-finalizer.argocd.argoproj.io"
WAVE_ANNOTATION = "argocd.argoproj.io/sync-wave"
OPTIONS_ANNOTATION = "argocd.argoproj.io/sync-options"
_FREE_FORM = "valuesObject"

Struct = TypeVar("Struct", bound=msgspec.Struct)


class RawLike(Protocol):
    """A document and its place."""

    @property
    def where(self) -> Location:
        """The file and the document's first line."""

    @property
    def body(self) -> Any:
        """What the document holds, unchecked."""


@dataclass(frozen=True, slots=True)
class RawApplication:
    """An Application that an ApplicationSet has made; its place is the ApplicationSet's."""

    where: Location
    body: dict[str, Any]


class Metadata(msgspec.Struct, frozen=True, rename="camel"):
    """What of an object's metadata is looked at."""

    name: str = ""
    namespace: str = ""
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    finalizers: tuple[str, ...] = ()


def is_argo(body: Any) -> bool:
    """Whether a document is an Application, ApplicationSet or AppProject; a Rollout, say, is an ordinary object."""
    return (
        isinstance(body, dict)
        and body.get("apiVersion") == API_VERSION
        and body.get("kind") in {APPLICATION, APPLICATION_SET, PROJECT}
    )


def name_of(raw: RawLike) -> str:
    """The name in a document's metadata, "" when it has none."""
    metadata = raw.body.get("metadata") if isinstance(raw.body, dict) else None
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return name if isinstance(name, str) else ""


def read_strictly(raw: RawLike, shape: type[Struct], problems: Problems) -> Struct | None:
    """A document in its shape; an unknown or ill-typed field is a problem, as for `kubectl apply`."""
    try:
        return shaped(without_nulls(raw.body), shape)
    except msgspec.ValidationError as error:
        problems.add(str(objection(error)), raw.where, "mend the field", name_of(raw))
    except RecursionError:
        problems.add("the object nests too deeply", raw.where, "make it flatter", name_of(raw))
    return None


def without_nulls(value: Any) -> Any:
    """The value as an API server keeps it: a null field is an absent one, except where fields are free."""
    if isinstance(value, dict):
        return {
            key: item if key == _FREE_FORM else without_nulls(item)
            for key, item in value.items()
            if item is not None
        }
    return [without_nulls(item) for item in value] if isinstance(value, list) else value
