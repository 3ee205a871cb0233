"""Every text of a structure is a template: of Go's kind, or flat with `{{key}}` and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gitops.source.argo.gotemplate.values import as_go
from gitops.source.argo.params import Strings

if TYPE_CHECKING:
    from gitops.source.argo.gotemplate.render import MissingKey
    from gitops.source.argo.params import Params

_TAG = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Templating:
    """How an ApplicationSet's templates are rendered.

    Attributes:
        go: whether they are Go templates (`goTemplate: true`).
        missing_key: what a missing field is to them (`goTemplateOptions`).
    """

    go: bool = False
    missing_key: MissingKey = "default"

    def text(self, template: str, params: Params) -> str:
        """One text.

        Raises:
            GoTemplateError: the template is wrong.
        """
        return self._text(template, _typed(params) if self.go else params)

    def deep(self, value: Any, params: Params) -> Any:
        """A structure with every text and every key rendered.

        Raises:
            GoTemplateError: a template in it is wrong.
        """
        return self._deep(value, _typed(params) if self.go else params)

    def _deep(self, value: Any, data: Any) -> Any:
        if isinstance(value, str):
            return self._text(value, data)
        if isinstance(value, dict):
            return {self._text(key, data): self._deep(item, data) for key, item in value.items()}
        return [self._deep(item, data) for item in value] if isinstance(value, list) else value

    def _text(self, template: str, data: Any) -> str:
        if "{{" not in template:
            return template
        if not self.go:
            return _flat(template, data)
        from gitops.source.argo.gotemplate.render import (
            render,  # a quarter of a second, for Go templates only
        )

        return render(template, data, self.missing_key)


def _flat(template: str, params: Params) -> str:
    """Tags with a known text are replaced, all others stay.

    Source: valyala/fasttemplate as Argo CD calls it.
    """

    def value(tag: re.Match[str]) -> str:
        known = params.get(tag[1].strip())
        return known if isinstance(known, str) else tag[0]

    return _TAG.sub(value, template)


def _typed(value: Any) -> Any:
    """Parameters as Go has them: numbers are floats, mappings of text to text are typed."""
    if isinstance(value, Strings):
        from gotpl import TypedMap  # as above

        return TypedMap(value, "", "string", "string")
    if isinstance(value, dict):
        return {key: _typed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_typed(item) for item in value]
    return as_go(value)
