"""YAML as kubectl reads it: its scalar rules, unique keys, and the line each document starts at.

The scalar rules are those of the YAML 1.1 reader under `sigs.k8s.io/yaml`: `yes` and `on` are booleans,
`0644` is octal, `1e3` is 1000, dates and `12:30` stay text, and keys follow the same rules before they
become text. Tags that build objects do not exist here.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

MAX_BYTES = 10 * 1024 * 1024
MAX_NODES = 1_000_000
MAX_DEPTH = 100
# A shorter file can't nest deeply enough to exhaust the C reader's stack.
_HARMLESS_BYTES = 8192

_TRUE = frozenset(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"))
_FALSE = frozenset(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"))
BOOL = re.compile("^(?:" + "|".join(sorted(_TRUE | _FALSE)) + ")$")
_NULL = frozenset(("~", "null", "Null", "NULL", ""))
NUMBER = re.compile(r"^[-+.]?[0-9.][-+.0-9a-zA-Z_]*$")
_OCTAL = re.compile(r"[-+]?0[0-7]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_IN_JSON = re.compile(r"^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$")


class YamlError(ValueError):
    """The text is not acceptable YAML; `line` counts from 1, 0 means the file as a whole."""

    def __init__(self, what: str, line: int = 0) -> None:
        super().__init__(what)
        self.line = line


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file and the line it starts at."""

    line: int
    body: Any


class _Loader(yaml.CSafeLoader):
    """The safe C loader with kubectl's scalars and strict, textual keys."""

    unique_keys = True

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: ARG002 - always deep
        if not isinstance(node, yaml.MappingNode):
            raise YamlError("a mapping is expected", node.start_mark.line + 1)
        seen: set[str] = set()
        for key, _ in node.value:
            if key.tag == _MERGE:
                continue
            text = self._key(key)
            if text in seen and self.unique_keys:
                raise YamlError(f"key {text!r} is there twice", key.start_mark.line + 1)
            seen.add(text)
        self.flatten_mapping(node)
        return {self._key(key): self.construct_object(value, deep=True) for key, value in node.value}

    def _key(self, node: yaml.Node) -> str:
        """A key as JSON has it: `on` is "true", as for kubectl."""
        key = self.construct_object(node) if isinstance(node, yaml.ScalarNode) else None
        if key is None:
            raise YamlError("a key must be text", node.start_mark.line + 1)
        return str(key).lower() if isinstance(key, bool) else str(key)


def _construct_map(loader: _Loader, node: yaml.MappingNode) -> dict[Hashable, Any]:
    return loader.construct_mapping(node, deep=True)


def _number(text: str) -> int | float | None:
    """The number that the text is, by the rules of Go's `strconv`, or None."""
    plain = text.replace("_", "")
    try:
        number: int | float = int(plain, 8 if _OCTAL.fullmatch(plain) else 0)
    except ValueError:
        if not _FLOAT.fullmatch(plain):
            return None
        number = float(plain)
    if isinstance(number, int):
        return number if -(2**63) <= number < 2**63 else float(number)
    if math.isinf(number):
        return None
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _plain_number(_: _Loader, node: yaml.ScalarNode) -> int | float | str:
    number = _number(node.value)
    return str(node.value) if number is None else number


def _tagged_number(_: _Loader, node: yaml.ScalarNode) -> int | float:
    number = _number(node.value)
    if number is None:
        raise _misfit(node)
    return number


def _construct_bool(_: _Loader, node: yaml.ScalarNode) -> bool:
    if node.value not in _TRUE | _FALSE:
        raise _misfit(node)
    return node.value in _TRUE


def _construct_null(_: _Loader, node: yaml.ScalarNode) -> None:
    if node.value not in _NULL:
        raise _misfit(node)


def _construct_text(_: _Loader, node: yaml.ScalarNode) -> str:
    return str(node.value)


def _refuse_value(_: _Loader, node: yaml.ScalarNode) -> Any:
    raise YamlError(f"{node.value} has no form in JSON", node.start_mark.line + 1)


def _misfit(node: yaml.ScalarNode) -> YamlError:
    return YamlError(f"{node.value!r} is no {node.tag.rpartition(':')[2]}", node.start_mark.line + 1)


def _refuse_tag(_: _Loader, node: yaml.Node) -> Any:
    raise YamlError(f"tag {node.tag} is not allowed", node.start_mark.line + 1)


_TAG = "tag:yaml.org,2002:"
_MERGE = f"{_TAG}merge"
_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", BOOL, "yYnNtTfFoO"),
    ("not-in-json", _NOT_IN_JSON, "-+."),
    ("number", NUMBER, "-+.0123456789"),
    ("null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""]),
    ("merge", re.compile(r"^<<$"), "<"),
):
    _Loader.add_implicit_resolver(f"{_TAG}{_tag}", _pattern, list(_first))
_Loader.yaml_constructors = dict(_Loader.yaml_constructors)
_CONSTRUCTORS: dict[str, Callable[[Any, Any], Any]] = {
    "map": _construct_map,
    "number": _plain_number,
    "int": _tagged_number,
    "float": _tagged_number,
    "bool": _construct_bool,
    "null": _construct_null,
    "merge": _construct_text,
    "not-in-json": _refuse_value,
    **dict.fromkeys(("binary", "timestamp", "set", "omap", "pairs"), _refuse_tag),
}
for _tag, _constructor in _CONSTRUCTORS.items():
    _Loader.add_constructor(f"{_TAG}{_tag}", _constructor)
_Loader.add_constructor(None, _refuse_tag)


def read_documents(content: bytes, *, unique_keys: bool = True) -> list[Document]:
    """All documents of a YAML (or JSON) file that hold something; the last of equal keys wins if they may be.

    Raises:
        YamlError: the content is not YAML, repeats a key, nests or expands beyond reason, or is too large.
    """
    return [Document(line, body) for line, body, _ in _documents(content, unique_keys=unique_keys)]


def read_with_lines(content: bytes) -> tuple[Any, dict[str, int]]:
    """A file's single document, and the line of each top-level key and of each `key.key` below it.

    Raises:
        YamlError: as read_documents, or there is more than one document.
    """
    found = list(_documents(content))
    if len(found) > 1:
        raise YamlError("only one document is expected", found[1][0])
    if not found:
        return None, {}
    _, body, node = found[0]
    return body, dict(_lines(node, ""))


def _lines(node: yaml.Node, prefix: str) -> Iterator[tuple[str, int]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            path = f"{prefix}.{key.value}" if prefix else str(key.value)
            yield path, key.start_mark.line + 1
            yield from _lines(value, path)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield f"{prefix}[{index}]", value.start_mark.line + 1
            yield from _lines(value, f"{prefix}[{index}]")


def _documents(content: bytes, *, unique_keys: bool = True) -> Iterator[tuple[int, Any, yaml.Node]]:
    if len(content) > MAX_BYTES:
        raise YamlError(f"the file is larger than {MAX_BYTES // 1024 // 1024} MiB")
    try:
        text = content.decode("utf-8-sig")
        if len(content) > _HARMLESS_BYTES:
            _refuse_depth(text)
        loader = _Loader(text)
        loader.unique_keys = unique_keys
        while loader.check_node():
            node = loader.get_node()
            if node is None:
                continue
            _measure(node)
            body = loader.construct_document(node)
            if body is not None:
                yield node.start_mark.line + 1, body, node
    except UnicodeDecodeError as error:
        raise YamlError("the file is not UTF-8 text") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlError(error.problem or "not YAML", mark.line + 1 if mark else 0) from error
    except yaml.YAMLError as error:
        raise YamlError(" ".join(str(error).split())) from error
    except RecursionError as error:
        raise YamlError("the document nests too deeply") from error


def _refuse_depth(text: str) -> None:
    """Refuse deep nesting before the C reader, which would crash the process, builds it."""
    depth = 0
    for event in yaml.parse(text, yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise YamlError("the document nests too deeply")


def _measure(root: yaml.Node) -> None:
    """Refuse documents whose aliases expand beyond reason or contain themselves."""
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()

    def size(node: yaml.Node, depth: int) -> int:
        known = sizes.get(id(node))
        if known is not None:
            return known
        if id(node) in open_nodes:
            raise YamlError("an alias contains itself", node.start_mark.line + 1)
        if depth > MAX_DEPTH:
            raise YamlError("the document nests too deeply", node.start_mark.line + 1)
        total = 1
        if isinstance(node, yaml.CollectionNode):
            open_nodes.add(id(node))
            for child in node.value:
                total += sum(size(n, depth + 1) for n in (child if isinstance(child, tuple) else (child,)))
                if total > MAX_NODES:
                    raise YamlError("the document expands beyond a million values", node.start_mark.line + 1)
            open_nodes.discard(id(node))
        sizes[id(node)] = total
        return total

    size(root, 0)
