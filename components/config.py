"""The stack's configuration, as the engine hands it to the program."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi

from gitops.source.stackfile import KEYS, NAMESPACE, STRUCTURED, refuse_in_clear, settings_from

if TYPE_CHECKING:
    from gitops.model.settings import Settings


def read_settings() -> Settings:
    """The settings of the stack that is being deployed.

    Raises:
        ConfigError: a value is missing or wrong.
    """
    config = pulumi.Config(NAMESPACE)
    values = {key: _value(key, text) for key in KEYS if (text := config.get(key)) is not None}
    clear = {k: v for k, v in values.items() if not pulumi.runtime.is_config_secret(f"{NAMESPACE}:{k}")}
    refuse_in_clear(clear, pulumi.get_stack())
    project = Path(pulumi.runtime.get_root_directory() or Path.cwd())
    return settings_from(values, pulumi.get_stack(), project, os.environ)


def _value(key: str, text: str) -> Any:
    """The engine hands lists and objects over as JSON text."""
    if key not in STRUCTURED:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
