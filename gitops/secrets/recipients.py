"""One file sealed for several clusters: each opens it with a key of its own.

`spec.encryptedData` holds the values for the first cluster, so that its controller, and anyone's, reads the file as it
is. Those for another stack's cluster are in the annotation `sealed-for.gitops.internal/<stack>`, as JSON, because the
SealedSecret's definition lets no other field through.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gitops.model.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitops.model.manifest import JsonObject

FOR = "sealed-for.gitops.internal/"
DIGESTS = "gitops.internal/digests"


def check_form(sealed: Mapping[str, Any]) -> None:
    """Refuse a SealedSecret whose parts are not what they have to be before it is opened or passed on.

    Raises:
        ConfigError: names the first part that is wrong.
    """
    spec = sealed.get("spec")
    template = spec.get("template") if isinstance(spec, dict) else None
    metadata = template.get("metadata") if isinstance(template, dict) else None
    parts: dict[str, Any] = {"spec": spec if spec is not None else ""}
    if isinstance(spec, dict):
        parts |= {"spec.encryptedData": spec.get("encryptedData"), "spec.template": template}
    if isinstance(template, dict):
        parts |= {"spec.template.data": template.get("data"), "spec.template.metadata": metadata}
    if isinstance(metadata, dict):
        parts |= {
            f"spec.template.metadata.{field}": metadata.get(field) for field in ("labels", "annotations")
        }
    for name, part in parts.items():
        if part is not None and not isinstance(part, dict):
            raise ConfigError(f"{name} is no mapping", next_step="seal the Secret again")


def annotated(sealed: JsonObject, others: Mapping[str, Mapping[str, str]]) -> JsonObject:
    """The SealedSecret with values for other stacks' clusters too."""
    metadata = sealed["metadata"]
    own = {f"{FOR}{stack}": json.dumps(others[stack], separators=(",", ":")) for stack in sorted(others)}
    if not own:
        return sealed
    return {**sealed, "metadata": {**metadata, "annotations": {**(metadata.get("annotations") or {}), **own}}}


def others_in(sealed: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """The values for other stacks' clusters, by stack.

    Raises:
        ConfigError: an annotation is not what was written there.
    """
    annotations = sealed["metadata"].get("annotations") or {}
    found = {}
    for name, text in annotations.items():
        if name.startswith(FOR):
            values = texts_in(text)
            if values is None:
                raise ConfigError(
                    f"annotation {name} holds no sealed values", next_step="seal the Secret again"
                )
            found[name.removeprefix(FOR)] = values
    return found


def texts_in(text: Any) -> dict[str, str] | None:
    """The texts by name that an annotation holds as JSON, or None when it holds anything else."""
    try:
        found = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return None
    good = isinstance(found, dict) and all(isinstance(value, str) for value in found.values())
    return found if good else None


def for_stack(sealed: JsonObject, stack: str) -> JsonObject:
    """The SealedSecret as the cluster of one stack gets it: with its values, and nothing for anybody else.

    Raises:
        ConfigError: as `others_in`.
    """
    others, metadata = others_in(sealed), sealed["metadata"]
    if not others and DIGESTS not in (metadata.get("annotations") or {}):
        return sealed
    values = others.get(stack)
    annotations = {
        key: value
        for key, value in (metadata.get("annotations") or {}).items()
        if not key.startswith(FOR) and key != DIGESTS
    }
    kept = {key: value for key, value in metadata.items() if key != "annotations"}
    result = {**sealed, "metadata": {**kept, "annotations": annotations} if annotations else kept}
    if values is not None:
        result["spec"] = {**sealed["spec"], "encryptedData": values}
    return result


def for_anyone(sealed: JsonObject, first: str = "") -> list[JsonObject]:
    """The SealedSecret as each of the clusters gets it that it is sealed for; that of stack `first` comes first."""
    others = others_in(sealed)
    stacks = sorted(others, key=lambda stack: (stack != first, stack))
    found = [for_stack(sealed, stack) for stack in stacks]
    plain = for_stack(sealed, "")
    return [*found[:1], plain, *found[1:]] if first in others else [plain, *found]
