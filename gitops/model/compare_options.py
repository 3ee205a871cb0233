"""The annotation by which an object says how it wants to be compared, in Argo CD's terms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

ANNOTATION = "argocd.argoproj.io/compare-options"
_IGNORE_EXTRANEOUS = "IgnoreExtraneous"


@dataclass(frozen=True, slots=True)
class CompareOptions:
    """What an object says.

    Attributes:
        ignore_extraneous: whether it does not make its application OutOfSync when Git no longer states it.
        not_honored: options that have no effect here.
    """

    ignore_extraneous: bool = False
    not_honored: tuple[str, ...] = ()


def compare_options(annotations: Any) -> CompareOptions:
    """The options in an object's annotations; none when it has none."""
    text = annotations.get(ANNOTATION) if isinstance(annotations, dict) else None
    if not text:
        return CompareOptions()
    stated = [option.strip() for option in str(text).split(",") if option.strip()]
    others = tuple(option for option in stated if option != _IGNORE_EXTRANEOUS)
    return CompareOptions(_IGNORE_EXTRANEOUS in stated, others)
