"""YAML whose texts stay texts: quoted where kubectl, or a reader of YAML 1.2, would take them for another kind."""

from __future__ import annotations

import re
from typing import Any

import yaml

from gitops.source.yaml import BOOL, NUMBER

_WIDE = 1_000_000
_TAG = "tag:yaml.org,2002:"


class Writer(yaml.SafeDumper):
    """Writes `"y"`, `"on"`, `"1e3"` and `"0o7"` in quotes, which the plain writer does not."""


Writer.add_implicit_resolver(f"{_TAG}bool", BOOL, list("yYnNtTfFoO"))
Writer.add_implicit_resolver(f"{_TAG}float", NUMBER, list("-+.0123456789"))
Writer.add_implicit_resolver(f"{_TAG}null", re.compile("^(?:Null|NULL)$"), ["N"])


def as_yaml(value: Any, *, sort_keys: bool = False, width: int = _WIDE) -> str:
    """A value of JSON's types as one document."""
    return yaml.dump(value, Dumper=Writer, sort_keys=sort_keys, allow_unicode=True, width=width)
