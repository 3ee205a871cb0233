"""What an object asks of the provider by its `pulumi.com/*` annotations."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gitops.cluster.client import Object

AUTONAMED = "pulumi.com/autonamed"
WAIT_FOR = "pulumi.com/waitFor"
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s)")
_POLICIES = {"background": "Background", "foreground": "Foreground", "orphan": "Orphan"}


def annotation(obj: Object, name: str) -> str:
    """The value of an annotation, or an empty text."""
    metadata = obj.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    value: Any = annotations.get(name) if isinstance(annotations, dict) else None
    return value if isinstance(value, str) else ""


def is_true(obj: Object, name: str) -> bool:
    """Whether an annotation under `pulumi.com/` is switched on."""
    return annotation(obj, f"pulumi.com/{name}").lower() in {"true", "1", "t"}


def timeout(obj: Object, asked: float, default: float) -> float:
    """Seconds to wait: as `asked`, else by `pulumi.com/timeoutSeconds` (or a duration), else `default`."""
    if asked > 0:
        return asked
    text = annotation(obj, "pulumi.com/timeoutSeconds").strip()
    parts = _DURATION.findall(text)
    if parts and "".join(f"{n}{u}" for n, u in parts) == text:
        return sum(float(number) * _UNITS[unit] for number, unit in parts)
    try:
        seconds = float(text)
    except ValueError:
        return default
    return seconds if math.isfinite(seconds) and seconds > 0 else default


def propagation(obj: Object) -> str:
    """How dependents go: in the foreground unless `pulumi.com/deletionPropagationPolicy` says otherwise."""
    return _POLICIES.get(annotation(obj, "pulumi.com/deletionPropagationPolicy").lower(), "Foreground")
