"""Rendering, with errors that say where in the template they are."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from gotpl import SandboxPolicy, Template, TemplateError

from gitops.source.argo.gotemplate.errors import GoTemplateError
from gitops.source.argo.gotemplate.functions import FUNCTIONS
from gitops.source.argo.gotemplate.limits import BUDGET, MAX_TEMPLATE, metered, paid

MissingKey = Literal["default", "zero", "error"]
_WORD = re.compile(r"[A-Za-z]\w*")
_VERSION = ("Major", "Minor", "Patch", "Prerelease", "Metadata")  # of sprig's `semver`
_PLACE = re.compile(r"^(?:template: )?template:(\d+):\d+: (?:executing \"template\": )?")


def render(template: str, data: object, missing_key: MissingKey = "default") -> str:
    """The text that a template makes of data, whose numbers are floats as for Go.

    A field of a mapping that is not there is `<no value>`, or an error when `missing_key` is "error".

    Raises:
        GoTemplateError: the template is wrong, or costs more than one rendering may.
    """
    if "{{" not in template:
        return template
    if len(template) > MAX_TEMPLATE:
        raise GoTemplateError(f"the template is longer than {MAX_TEMPLATE} characters")
    try:
        with metered():
            return _compiled(template, missing_key).render(data)
    except (TemplateError, RecursionError, MemoryError) as error:
        raise GoTemplateError(_said(template, error)) from error


@lru_cache(maxsize=1024)
def _compiled(template: str, missing_key: MissingKey) -> Template:
    """The template with just the functions that it may call: making a table of all costs more than rendering."""
    functions = {name: FUNCTIONS[name] for name in _WORD.findall(template) if name in FUNCTIONS}
    if "tpl" in template:

        def tpl(inner: str, data: object) -> str:
            return render(inner, data, missing_key).replace("<no value>", "")

        functions["tpl"] = paid("tpl", tpl)
    policy = SandboxPolicy.strict(
        allow_functions=functions,
        allow_attributes=_VERSION,
        allow_methods=_VERSION,
        allow_properties=_VERSION,
        default_budget=BUDGET,
    )
    return Template(template, functions=functions, missing_key=missing_key, sandbox=policy)


def _said(template: str, error: BaseException) -> str:
    text = str(error) or type(error).__name__
    place = _PLACE.match(text)
    line = int(place[1]) if place else 1
    lines = template.splitlines() or [""]
    shown = lines[min(line, len(lines)) - 1].strip()
    reason = _PLACE.sub("", text) if place else "it nests too deeply"
    if len(shown) > 100:
        shown = f"{shown[:97]}..."
    return f"template line {line}, {shown!r}: {reason}"
