"""How one object is synced: its application's options, and its own annotation's, in Argo CD's words."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from gitops.model.sync import SyncOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

OPTIONS = "argocd.argoproj.io/sync-options"
HELM_POLICY = "helm.sh/resource-policy"

# `PruneLast` is the field `prune_last`, and so on; one has another name
_FIELDS = {"".join(map(str.title, item.name.split("_"))): item.name for item in fields(SyncOptions)}
_FIELDS["PrunePropagationPolicy"] = _FIELDS.pop("Propagation")
_FIELDS = {name: field for name, field in _FIELDS.items() if not field.startswith("namespace_")}
_WORDS: dict[str, dict[str, Any]] = {
    "prune": {word: word for word in ("true", "false", "confirm")},
    "delete": {word: word for word in ("true", "false", "confirm")},
    "propagation": {word: word for word in ("foreground", "background", "orphan")},
}
_SWITCH = {"true": True, "false": False}


def object_options(
    annotations: Mapping[str, object], application: SyncOptions
) -> tuple[SyncOptions, tuple[str, ...]]:
    """The options of an object with these annotations, and what is wrong with what they say.

    Source: the sync options of Argo CD's user guide. Helm's policy to keep an object is `Delete=false`.
    """
    found: dict[str, Any] = {"delete": "false"} if annotations.get(HELM_POLICY) == "keep" else {}
    wrong: list[str] = []
    for text in str(annotations.get(OPTIONS, "")).split(","):
        name, _, value = (part.strip() for part in text.partition("="))
        field = _FIELDS.get(name, "")
        words = _WORDS.get(field, _SWITCH)
        if field and value in words:
            found[field] = words[value]
        elif field:
            wrong.append(f"sync option {name} is {value!r}, not {' or '.join(words)}")
        elif name:
            wrong.append(f"sync option {name!r} is not known; known are {', '.join(sorted(_FIELDS))}")
    return (replace(application, **found) if found else application), tuple(wrong)


def staying(options: SyncOptions, *, prune: bool) -> str:
    """When an object stays though Git no longer states it, as the live object itself has to say it.

    "false": always. "confirm": unless deletions are allowed explicitly. "object-only": when its whole
    application has left. "": never.
    """
    if not prune or options.prune == "false":
        return "false"
    if "confirm" in {options.prune, options.delete}:
        return "confirm"
    return "object-only" if options.delete == "false" else ""
