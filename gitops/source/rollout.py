"""The `rollout:` section of a `gitops.yaml`, read strictly."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import msgspec

from gitops.model.rollout.canary import Step
from gitops.model.rollout.section import Lines, RolloutSection
from gitops.source.strict import objection
from gitops.source.typed import keys, read_typed
from gitops.source.url import is_web_address

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitops.model.errors import Problems

KEY = "rollout"
_STRATEGIES = "state canary or blueGreen"
_PAGE = "docs/rollouts.md tells what each key means"


def read_rollout(
    value: Any, file: str, lines: Mapping[str, int], problems: Problems, application: str
) -> RolloutSection | None:
    """The section; None when anything is wrong with it, which goes to `problems` with its line."""
    stated = Lines(file, lines)
    try:
        section = read_typed(value, RolloutSection)
    except msgspec.ValidationError as error:
        said = objection(error)
        what, step = replace(said, path=f"{KEY}.{said.path}" if said.path else KEY), _PAGE
        if said.unknown:
            step = f"the keys there are: {', '.join(keys(RolloutSection, said.path.rpartition('.')[0]))}"
        problems.add(str(what), stated.at(what.path), step, application)
        return None
    wrong = list(_wrong(section))
    for path, text, step in wrong:
        problems.add(f"`{path}`: {text}", stated.at(path), step, application)
    return None if wrong else replace(section, stated=stated)


def _wrong(section: RolloutSection) -> Iterator[tuple[str, str, str]]:
    """Path, what is wrong there, and what to do."""
    chosen = [name for name in ("canary", "blue_green") if getattr(section, name) is not None]
    if len(chosen) != 1:
        yield KEY, "has both canary and blueGreen" if chosen else "has neither strategy", _STRATEGIES
    for number, step in enumerate(section.canary.steps if section.canary else ()):
        there = [field.name for field in fields(Step) if getattr(step, field.name) is not None]
        if len(there) != 1:
            names = ", ".join(keys(Step, ""))
            what = "does several things at once" if there else "does nothing"
            yield f"{KEY}.canary.steps[{number}]", what, f"a step is one of {names}"
    called: set[str] = set()
    for number, check in enumerate(section.checks):
        if check.name in called:
            path = f"{KEY}.checks[{number}].name"
            yield path, f"another check is called {check.name} too", "give each a name of its own"
        called.add(check.name)
    if section.prometheus and not is_web_address(section.prometheus):
        form = "write it as http://prometheus.monitoring:9090"
        yield f"{KEY}.prometheus", f"{section.prometheus!r} is no http or https address", form
