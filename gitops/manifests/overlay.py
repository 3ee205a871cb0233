"""What an Application adds to a kustomization, as `kustomize edit` would write it there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gitops.model.sources import Kustomize

_KEEP = "*"


class OverlayError(Exception):
    """The kustomization already says otherwise, or an option is malformed."""


def overlaid(body: Any, options: Kustomize, substituted: Callable[[str], str]) -> Any:
    """The kustomization with the options in it; the very same value when there are none.

    Source: Argo CD's `util/kustomize`, and the `edit set` and `edit add` commands of kustomize 5.7.

    Raises:
        OverlayError: a label or annotation is there already and may not be overwritten, or an image is malformed.
    """
    if body is not None and not isinstance(body, dict):
        return body
    result: dict[str, Any] = dict(body or {})
    scalars = {
        "namePrefix": options.name_prefix,
        "nameSuffix": options.name_suffix,
        "namespace": options.namespace,
    }
    result.update((key, value) for key, value in scalars.items() if value)
    if options.images:
        result["images"] = _images(_mappings(result, "images"), map(substituted, options.images))
    if options.replicas:
        counts = {name: {"name": name, "count": count} for name, count in options.replicas}
        result["replicas"] = _by_name({**_named(_mappings(result, "replicas")), **counts})
    if options.common_labels:
        pairs = {key: substituted(value) for key, value in options.common_labels}
        _add_labels(result, pairs, options)
    if options.common_annotations:
        pairs = dict(options.common_annotations)
        if options.annotation_env_substitute:
            pairs = {key: substituted(value) for key, value in pairs.items()}
        result["commonAnnotations"] = _merged(
            result.get("commonAnnotations"), pairs, "annotation", force=options.force_common_annotations
        )
    if options.patches:
        result["patches"] = [*_mappings(result, "patches"), *options.patches]
    if options.components:
        stated = result.get("components")
        old = stated if isinstance(stated, list) else []
        result["components"] = [*old, *(item for item in options.components if item not in old)]
    return result if result != (body or {}) else body


def _mappings(body: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    value = body.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _named(items: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {str(item.get("name")): item for item in items}


def _by_name(items: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [items[name] for name in sorted(items)]


def _merged(old: Any, new: Mapping[str, str], what: str, *, force: bool) -> dict[str, Any]:
    old = old if isinstance(old, dict) else {}
    twice = sorted(old.keys() & new.keys())
    if twice and not force:
        raise OverlayError(f"{what} {twice[0]} is in the kustomization already")
    return {**old, **new}


def _add_labels(result: dict[str, Any], pairs: Mapping[str, str], options: Kustomize) -> None:
    force = options.force_common_labels
    if not options.label_without_selector:
        result["commonLabels"] = _merged(result.get("commonLabels"), pairs, "label", force=force)
        return
    templates = options.label_include_templates
    groups = _mappings(result, "labels")
    for index, group in enumerate(groups):
        if not group.get("includeSelectors") and bool(group.get("includeTemplates")) == templates:
            groups[index] = {**group, "pairs": _merged(group.get("pairs"), pairs, "label", force=force)}
            break
    else:
        groups.append({"pairs": dict(pairs), **({"includeTemplates": True} if templates else {})})
    result["labels"] = groups


def _images(old: Iterable[dict[str, Any]], stated: Iterable[str]) -> list[dict[str, Any]]:
    """Images by name: a stated one replaces an old one but for the parts where it says `*`."""
    before = _named(old)
    new = _named(map(_image, stated))
    for name, image in new.items():
        kept = before.get(name, {})
        parts = {key: kept.get(key, "") if value == _KEEP else value for key, value in image.items()}
        new[name] = {key: value for key, value in parts.items() if value}
    return _by_name({**before, **new})


def _image(text: str) -> dict[str, Any]:
    """`name=new:tag@digest`, where each part but the name may be missing, though not all."""
    name, given, value = text.partition("=")
    new, tag, digest = _split(value if given else text)
    if not given and new == text:
        raise OverlayError(f"image {text!r} says neither a new name, nor a tag, nor a digest")
    renamed = {"name": name, "newName": new} if given else {"name": new}
    return {**renamed, "newTag": tag, "digest": digest}


def _split(image: str) -> tuple[str, str, str]:
    """Name, tag and digest; a colon before the first slash belongs to a port."""
    host = max(image.find("/"), 0)
    named, _, digest = image[host:].partition("@")
    name, _, tag = named.partition(":")
    return image[:host] + name, tag, digest
