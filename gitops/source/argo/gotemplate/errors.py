"""What goes wrong in a template."""

from __future__ import annotations


class GoTemplateError(ValueError):
    """A template that can't be parsed or executed; the text has its line and the reason."""
