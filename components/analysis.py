"""Named checks as AnalysisTemplates, for a program of one's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi

from components.stated import stated
from gitops.model.errors import ConfigError
from gitops.rollouts.analysis import template, template_name
from gitops.rollouts.checks import wrong_check

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitops.model.rollout.analysis import Check


@dataclass(frozen=True, slots=True)
class AnalysisArgs:
    """What is measured of a workload's new version.

    Attributes:
        workload: the Rollout's name.
        prometheus: the address that its controller asks.
    """

    workload: str
    namespace: str
    prometheus: str
    checks: Sequence[Check]


class Analysis(pulumi.ComponentResource):
    """An AnalysisTemplate for each check.

    Attributes:
        templates: their names, in the order of the checks.

    Raises:
        ConfigError: a check is none of the library's and states no query, or states too much.
    """

    templates: tuple[str, ...]

    def __init__(self, name: str, args: AnalysisArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("gitops:index:Analysis", name, None, opts)
        for check in args.checks:
            wrong = wrong_check(check)
            if wrong:
                raise ConfigError(wrong, next_step="see the checks in docs/rollouts.md")
        stated(
            self, (template(check, args.workload, args.namespace, args.prometheus) for check in args.checks)
        )
        self.templates = tuple(template_name(args.workload, check.name) for check in args.checks)
        self.register_outputs({"templates": list(self.templates)})
