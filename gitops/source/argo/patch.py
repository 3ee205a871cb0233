"""Patches of Applications: a JSON merge patch, and the strategic one that `templatePatch` is."""

from __future__ import annotations

from typing import Any


class PatchError(ValueError):
    """A patch that asks for what is not done here."""


def merge_patch(target: Any, patch: Any) -> Any:
    """The target with a JSON merge patch applied: null takes a key away, a list replaces a list.

    Source: RFC 7386.
    """
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge_patch(result.get(key), value)
    return result


def template_patch(application: dict[str, Any], patch: Any) -> dict[str, Any]:
    """An application with a strategic merge patch applied; `project` can't be changed by it.

    Of an Application's lists only the finalizers are merged, so that all others follow RFC 7386.

    Raises:
        PatchError: the patch is not an object, or has a directive such as `$patch`.
    """
    if not isinstance(patch, dict):
        raise PatchError("templatePatch is not an object")
    _refuse_directives(patch)
    result: dict[str, Any] = merge_patch(application, patch)
    metadata, before = result.get("metadata"), application.get("metadata")
    added = patch["metadata"].get("finalizers") if isinstance(patch.get("metadata"), dict) else None
    if isinstance(metadata, dict) and isinstance(before, dict) and isinstance(added, list):
        metadata["finalizers"] = list(dict.fromkeys([*(before.get("finalizers") or ()), *map(str, added)]))
    spec, project = result.get("spec"), application.get("spec", {}).get("project")
    if isinstance(spec, dict) and project is not None:
        spec["project"] = project
    return result


def _refuse_directives(patch: Any) -> None:
    if isinstance(patch, dict):
        for key, value in patch.items():
            if key.startswith("$"):
                raise PatchError(f"directive {key!r} of a strategic merge patch is not supported")
            _refuse_directives(value)
    elif isinstance(patch, list):
        for item in patch:
            _refuse_directives(item)
