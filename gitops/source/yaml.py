"""YAML as kubectl reads it: its scalar rules, unique keys, and the line each document starts at.

The scalar rules are those of the YAML 1.1 reader under `sigs.k8s.io/yaml`: `yes` and `on` are booleans,
`0644` is octal, dates and `12:30` stay text. Tags that build objects do not exist here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

MAX_BYTES = 10 * 1024 * 1024
MAX_NODES = 1_000_000
MAX_DEPTH = 100

_TRUE = frozenset(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"))
_FALSE = frozenset(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"))
_BOOL = re.compile("^(?:" + "|".join(sorted(_TRUE | _FALSE)) + ")$")
_INT = re.compile(r"^[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0o?[0-7_]*|[1-9][0-9_]*)$")
_FLOAT = re.compile(
    r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"
)


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

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: ARG002 - always deep
        own = [key for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
        seen: set[str] = set()
        for key in own:
            if not isinstance(key, yaml.ScalarNode):
                raise YamlError("a key must be text", key.start_mark.line + 1)
            if key.value in seen:
                raise YamlError(f"key {key.value!r} is there twice", key.start_mark.line + 1)
            seen.add(key.value)
        self.flatten_mapping(node)
        return {_key_text(key): self.construct_object(value, deep=True) for key, value in node.value}


def _key_text(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise YamlError("a key must be text", node.start_mark.line + 1)
    return str(node.value)


def _construct_map(loader: _Loader, node: yaml.MappingNode) -> dict[Hashable, Any]:
    return loader.construct_mapping(node, deep=True)


def _construct_int(_: _Loader, node: yaml.ScalarNode) -> int:
    text = node.value.replace("_", "")
    sign = -1 if text.startswith("-") else 1
    digits = text.lstrip("+-")
    if len(digits) > 1 and digits[0] == "0" and digits[1].isdigit():
        return sign * int(digits, 8)
    return sign * int(digits, 0)


def _construct_float(_: _Loader, node: yaml.ScalarNode) -> float:
    text = node.value.lower()
    if "inf" in text or "nan" in text:
        raise YamlError(f"{node.value} has no form in JSON", node.start_mark.line + 1)
    return float(text)


def _construct_bool(_: _Loader, node: yaml.ScalarNode) -> bool:
    return node.value in _TRUE


def _refuse_tag(_: _Loader, node: yaml.Node) -> Any:
    raise YamlError(f"tag {node.tag} is not allowed", node.start_mark.line + 1)


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", _BOOL, "yYnNtTfFoO"),
    ("int", _INT, "-+0123456789"),
    ("float", _FLOAT, "-+0123456789."),
    ("null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""]),
    ("merge", re.compile(r"^<<$"), "<"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", _pattern, list(_first))
_Loader.yaml_constructors = dict(_Loader.yaml_constructors)
_Loader.add_constructor("tag:yaml.org,2002:map", _construct_map)
_Loader.add_constructor("tag:yaml.org,2002:int", _construct_int)
_Loader.add_constructor("tag:yaml.org,2002:float", _construct_float)
_Loader.add_constructor("tag:yaml.org,2002:bool", _construct_bool)
for _tag in ("timestamp", "set", "omap", "pairs"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _refuse_tag)
_Loader.add_constructor(None, _refuse_tag)


def read_documents(content: bytes) -> list[Document]:
    """All documents of a YAML (or JSON) file that hold something.

    Raises:
        YamlError: the content is not YAML, repeats a key, nests or expands beyond reason, or is too large.
    """
    return [Document(line, body) for line, body, _ in _documents(content)]


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


def _documents(content: bytes) -> Iterator[tuple[int, Any, yaml.Node]]:
    if len(content) > MAX_BYTES:
        raise YamlError(f"the file is larger than {MAX_BYTES // 1024 // 1024} MiB")
    try:
        loader = _Loader(content.decode("utf-8-sig"))
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
