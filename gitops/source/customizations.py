"""What Argo CD's own configuration (ConfigMap `argocd-cm`) says of what is applied and how it is judged.

Keys as its reader has them (`util/settings`): `resource.customizations.<what>.<group>_<kind>`, `all` for every
kind, and the older `resource.customizations`, one YAML text for all kinds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gitops.model.sync import IgnoreDifference
from gitops.source.yaml import YamlError, read_with_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NAME = "argocd-cm"
_PREFIX = "resource.customizations"
_IGNORE, _HEALTH = "ignoreDifferences", "health"
_WITHOUT_EFFECT = {
    "resource.exclusions": "no kind is excluded; take its objects out of Git",
    "resource.inclusions": "no kind is excluded; take its objects out of Git",
    "resource.compareoptions": "objects are compared in one way; state `ignoreDifferences`",
    "kustomize.buildOptions": "kustomize gets no options but --enable-helm, by `gitops:enableHelm`",
    "globalProjects": "projects inherit nothing; state the rules in each AppProject",
}
_FIELDS = ("jsonPointers", "jqPathExpressions", "managedFieldsManagers")


@dataclass(frozen=True, slots=True)
class Customizations:
    """What is taken over, and what is not, told in words."""

    ignore_differences: tuple[IgnoreDifference, ...] = ()
    not_honored: tuple[str, ...] = ()


def read_customizations(body: Mapping[str, Any]) -> Customizations:
    """The customizations in an object; none when it is not Argo CD's ConfigMap."""
    data = body.get("data")
    metadata = body.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else ""
    if (body.get("kind"), name) != ("ConfigMap", NAME) or not isinstance(data, dict):
        return Customizations()
    rules: list[IgnoreDifference] = []
    refused = [f"{key}: {why}" for key, why in _WITHOUT_EFFECT.items() if str(data.get(key) or "").strip()]
    for key, what, kind, value in _entries(data):
        if what == _IGNORE:
            try:
                rules.append(_rule(kind, value))
            except (YamlError, TypeError) as error:
                refused.append(f"{key}: {error}")
        elif what == _HEALTH or what.startswith(f"{_HEALTH}."):
            refused.append(f"{key}: rules in Lua are not run; state the rule in CEL under `healthRules`")
    return Customizations(tuple(rules), tuple(refused))


def _entries(data: Mapping[str, Any]) -> Iterator[tuple[str, str, str, Any]]:
    """Each customization: its key, what it customizes, for which kind, and its value."""
    for key, value in sorted(data.items()):
        if key == _PREFIX:
            for kind, about in _mapping(value).items():
                for what, text in (about if isinstance(about, dict) else {}).items():
                    yield f"{key}: {kind}", str(what), str(kind).replace("/", "_"), text
        elif key.startswith(f"{_PREFIX}."):
            what, _, kind = key[len(_PREFIX) + 1 :].partition(".")
            yield key, what, kind, value


def _rule(kind: str, value: Any) -> IgnoreDifference:
    group, _, name = ("*", "", "*") if kind == "all" else kind.rpartition("_")
    stated = _mapping(value, strict=True)
    pointers, expressions, managers = (_texts(stated.get(field), field) for field in _FIELDS)
    return IgnoreDifference(
        group, name, json_pointers=pointers, jq_expressions=expressions, managers=managers
    )


def _mapping(value: Any, *, strict: bool = False) -> dict[str, Any]:
    try:
        read = read_with_lines(value.encode())[0] if isinstance(value, str) else value
    except YamlError:
        if strict:
            raise
        return {}
    if strict and not isinstance(read, dict):
        message = "a mapping is expected"
        raise TypeError(message)
    return read if isinstance(read, dict) else {}


def _texts(value: Any, field: str) -> tuple[str, ...]:
    if not isinstance(value, list | None) or not all(isinstance(item, str) for item in value or ()):
        message = f"{field}: a list of texts is expected"
        raise TypeError(message)
    return tuple(value or ())
