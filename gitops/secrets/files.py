"""Files of SealedSecrets: read with their lines, written anew, and changed without losing order and comments."""

from __future__ import annotations

import json
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError as EditorError

from gitops.model.errors import ConfigError, Location
from gitops.secrets.recipients import DIGESTS, FOR, check_form, texts_in
from gitops.secrets.scope import GROUP, KIND
from gitops.source.yaml import YamlError, read_documents
from gitops.source.yaml_writer import as_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gitops.model.manifest import JsonObject

    _Changes = Mapping[tuple[str, str | None], Callable[[Any], None]]


@dataclass(frozen=True, slots=True)
class Sealed:
    """A SealedSecret in a file."""

    where: Location
    body: JsonObject

    @property
    def title(self) -> str:
        """Its namespace and name, for people."""
        return title(self.body["metadata"])


def title(metadata: Mapping[str, Any]) -> str:
    """Namespace and name in an object's metadata, for people."""
    return f"{metadata.get('namespace') or ''}/{metadata['name']}"


def is_sealed_secret(body: Any) -> bool:
    """Whether a document is a SealedSecret of any version."""
    return (
        isinstance(body, dict)
        and body.get("kind") == KIND
        and str(body.get("apiVersion", "")).partition("/")[0] == GROUP
    )


def is_sealed_text(content: bytes) -> bool:
    """Whether a file may hold SealedSecrets, before it is parsed."""
    return KIND.encode() in content and GROUP.encode() in content


def sealed_in(content: bytes, name: str) -> list[Sealed]:
    """The SealedSecrets among a file's documents, in order.

    Raises:
        ConfigError: the file is no YAML, or a SealedSecret in it is not whole.
    """
    try:
        documents = read_documents(content)
    except YamlError as error:
        raise ConfigError(f"no YAML: {error}", where=Location(name, error.line)) from None
    found = []
    for document in documents:
        body, where = document.body, Location(name, document.line)
        for item in (
            body["items"] if isinstance(body, dict) and isinstance(body.get("items"), list) else [body]
        ):
            if is_sealed_secret(item):
                metadata, spec = item.get("metadata"), item.get("spec")
                if not (isinstance(metadata, dict) and metadata.get("name") and isinstance(spec, dict)):
                    raise ConfigError("a SealedSecret without metadata.name or spec", where=where)
                try:
                    check_form(item)
                except ConfigError as error:
                    (problem,) = error.problems
                    raise ConfigError(problem.what, where=where, next_step=problem.next_step) from None
                found.append(Sealed(where, item))
    return found


def as_text(objects: Iterable[JsonObject], *, form: str = "yaml") -> str:
    """Objects as YAML documents, or as JSON."""
    if form == "json":
        return "".join(f"{json.dumps(item, indent=2)}\n" for item in objects)
    return "---\n".join(as_yaml(item) for item in objects)


def merged(content: bytes, name: str, sealed: JsonObject) -> str:
    """A file's text with the values of `sealed` in its SealedSecret of the same name, and all else as it was.

    Labels and annotations of the template that `sealed` has are added too, as `kubeseal --merge-into` does.

    Raises:
        ConfigError: the file can't be read, or has no such SealedSecret.
    """
    metadata = sealed["metadata"]
    wanted = (metadata["name"], metadata.get("namespace"))

    def change(body: Any) -> None:
        spec = body["spec"]
        for annotation, text in (metadata.get("annotations") or {}).items():
            if annotation.startswith(FOR) or annotation == DIGESTS:
                _extend(body["metadata"], annotation, text)
        _update(spec, "encryptedData", sealed["spec"]["encryptedData"])
        new = sealed["spec"]["template"]["metadata"]
        for field in ("labels", "annotations"):
            if new.get(field):
                _update(_mapping(_mapping(spec, "template"), "metadata"), field, new[field])

    return edited(content, name, {wanted: change})


def edited(content: bytes, name: str, changes: _Changes) -> str:
    """A file's text after changes to its SealedSecrets by name and namespace.

    Raises:
        ConfigError: the file can't be read, or has no such SealedSecret.
    """
    known = {
        (item.body["metadata"]["name"], item.body["metadata"].get("namespace"))
        for item in sealed_in(content, name)
    }
    missing = changes.keys() - known
    if missing:
        wanted = ", ".join(sorted(f"{namespace or ''}/{one}" for one, namespace in missing))
        raise ConfigError(
            f"has no SealedSecret {wanted}", where=Location(name), next_step="name one that it has"
        )
    text = content.decode("utf-8-sig")
    try:
        body = json.loads(text)
    except ValueError:
        return _edited_yaml(text, name, changes)
    _change(body, changes)
    return f"{json.dumps(body, indent=2)}\n"


def _edited_yaml(text: str, name: str, changes: _Changes) -> str:
    editor = _editor(text)
    try:
        documents = list(editor.load_all(text))
    except EditorError:
        raise ConfigError("can't be edited: its YAML is unusual", where=Location(name)) from None
    for document in documents:
        _change(document, changes)
    out = StringIO()
    editor.dump_all(documents, out)
    return out.getvalue()


def _change(document: Any, changes: _Changes) -> None:
    """Change the SealedSecrets that a document is or lists."""
    items = document.get("items") if isinstance(document, dict) else None
    for body in items if isinstance(items, list) else [document]:
        if is_sealed_secret(body):
            change = changes.get((body["metadata"]["name"], body["metadata"].get("namespace")))
            if change:
                change(body)


def _extend(metadata: Any, annotation: str, text: str) -> None:
    """Add to the mapping that an annotation holds as JSON."""
    annotations = _mapping(metadata, "annotations")
    both = (texts_in(annotations.get(annotation)) or {}) | (texts_in(text) or {})
    annotations[annotation] = json.dumps(both, separators=(",", ":"))


def _update(parent: Any, field: str, values: Mapping[str, str]) -> None:
    there = _mapping(parent, field)
    for key, value in values.items():
        there[key] = value


def _mapping(parent: Any, field: str) -> Any:
    """The mapping below a field, an empty one where there is none."""
    if not isinstance(parent.get(field), dict):
        parent[field] = {}
    return parent[field]


def _editor(text: str) -> YAML:
    """An editor that writes lists the way the text does."""
    editor = YAML(typ="rt")
    editor.preserve_quotes = True
    editor.width = 1_000_000
    editor.explicit_start = text.startswith("---") or None
    previous = ""
    for line in text.splitlines():
        bare = line.lstrip()
        if bare.startswith("- ") and previous.endswith(":"):
            indent = len(line) - len(bare) - (len(previous) - len(previous.lstrip()))
            editor.indent(mapping=2, sequence=2 + max(indent, 0), offset=max(indent, 0))
            break
        previous = line.rstrip()
    return editor
