"""The record of a take-over: what has to be known to give everything back, kept in the cluster until confirmed.

One ConfigMap holds one gzipped JSON document, so that each is whole or not there. Names of fields are recorded,
and the labels and annotations that are changed; the last-applied annotation of a Secret is not, as it holds values.
"""

from __future__ import annotations

import base64
import gzip
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from gitops.cluster.errors import ApiError
from gitops.model.adoption import Owner  # noqa: TC001 - read at run time by the decoder
from gitops.model.errors import ConfigError, GitOpsError
from gitops.model.keys import ObjectKey, object_name
from gitops.source.shaped import shaped_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gitops.cluster.client import Client, Object

NAMESPACE = "default"
RECORD_LABEL = "gitops.internal/adoption"
_SCHEMA = "gitops.internal/adoption-record/v1"
_COLLECTION = f"/api/v1/namespaces/{NAMESPACE}/configmaps"
_MOST_OF_ONE, _MOST_READ, _MOST_STORED = 700_000, 64_000_000, 900_000


@dataclass(frozen=True, slots=True)
class OwnerRecord:
    """An owner that let go, and the merge patch that lets it go on."""

    owner: Owner
    resume: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ObjectRecord:
    """One object before it was handed over.

    Attributes:
        api_version: the version it was read in.
        uid: the object's own; one that was made anew since is another object.
        labels: those that a take-over or a sync changes.
        annotations: the same.
        entries: the `managedFields` entries that were merged into ours, and ours if there was one.
    """

    key: ObjectKey
    api_version: str
    uid: str
    application: str
    owners: tuple[Owner, ...]
    labels: dict[str, str]
    annotations: dict[str, str]
    entries: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Record:
    """What one ConfigMap holds."""

    owners: tuple[OwnerRecord, ...] = ()
    objects: tuple[ObjectRecord, ...] = ()
    schema: str = _SCHEMA


@dataclass(frozen=True, slots=True)
class Stored:
    """All records of a stack as one, and the ConfigMaps that hold it."""

    record: Record = field(default=Record())
    names: tuple[str, ...] = ()


def load(client: Client, stack: str) -> Stored:
    """The records of a stack; of two about the same thing the first counts, as that is how it was.

    Raises:
        ConfigError: a record can't be read.
    """
    items = sorted(
        client.list(_COLLECTION, f"{RECORD_LABEL}={stack}"), key=lambda item: str(item["metadata"]["name"])
    )
    owners: dict[Owner, OwnerRecord] = {}
    objects: dict[ObjectKey, ObjectRecord] = {}
    for record in map(_decoded, items):
        for owner in record.owners:
            owners.setdefault(owner.owner, owner)
        for item in record.objects:
            objects.setdefault(item.key, item)
    return Stored(
        Record(tuple(owners.values()), tuple(objects.values())),
        tuple(str(item["metadata"]["name"]) for item in items),
    )


def store(client: Client, stack: str, record: Record, taken_names: Iterable[str] = ()) -> tuple[str, ...]:
    """Write a record beside those that are there, in as many ConfigMaps as it takes; their names."""
    last = max((int(name.rpartition("-")[2]) for name in taken_names), default=0)
    names = []
    for number, part in enumerate(_parts(record), last + 1):
        content = gzip.compress(msgspec.json.encode(part), mtime=0)
        name = f"{adoption_name(stack)}-{number:05d}"
        if len(content) > _MOST_STORED:
            raise GitOpsError(
                f"{part.objects[0].key} has too much metadata to record", next_step="clear its annotations"
            )
        body = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": name, "namespace": NAMESPACE, "labels": {RECORD_LABEL: stack}},
            "binaryData": {"record": base64.b64encode(content).decode()},
        }
        client.create(_COLLECTION, body)
        names.append(name)
    return tuple(names)


def drop(client: Client, names: Iterable[str]) -> None:
    """Delete records; one that is gone already is no matter."""
    for name in names:
        try:
            client.delete(f"{_COLLECTION}/{name}")
        except ApiError as error:
            if error.status != 404:
                raise


def adoption_name(stack: str) -> str:
    """A name for objects of a stack's take-over; any stack's name gives a valid one."""
    return object_name("gitops-adoption", stack)


def _parts(record: Record) -> Iterator[Record]:
    """The record cut so that each part is small enough for one ConfigMap, owners first."""
    if record.owners:
        yield Record(owners=record.owners)
    part: list[ObjectRecord] = []
    size = 0
    for item in record.objects:
        more = len(msgspec.json.encode(item))
        if part and size + more > _MOST_OF_ONE:
            yield Record(objects=tuple(part))
            part, size = [], 0
        part.append(item)
        size += more
    if part:
        yield Record(objects=tuple(part))


def _decoded(item: Object) -> Record:
    name = item["metadata"]["name"]
    try:
        packed = base64.b64decode((item.get("binaryData") or {})["record"], validate=True)
        unpacking = zlib.decompressobj(wbits=31)
        text = unpacking.decompress(packed, _MOST_READ)
        if not unpacking.eof:
            raise ValueError("too much, or cut short")  # noqa: TRY301 - told below like every other fault
        record = shaped_json(text, Record)
        if record.schema != _SCHEMA:
            raise ValueError(record.schema)  # noqa: TRY301 - the same
    except (KeyError, ValueError, zlib.error) as error:
        raise ConfigError(
            f"ConfigMap {NAMESPACE}/{name} is no record of a take-over: {error}",
            next_step="restore it from a backup, or delete it to forget what it holds",
        ) from None
    return record
