"""Faults in AnalysisTemplates, and between them and the Rollouts that name them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.model.manifest import as_list, as_mapping, names_in
from gitops.rollouts.fault import Fault
from gitops.rollouts.faults.promql import query_fault
from gitops.rollouts.referenced import ARGUMENT, analyses_of, template_of, with_nested

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitops.model.keys import ObjectKey
    from gitops.model.manifest import JsonObject


def template_faults(template: JsonObject) -> Iterator[Fault]:
    """Arguments that a template uses and does not have, queries that are none, counts without an interval."""
    spec = template["spec"]
    declared = names_in(spec.get("args"))
    for number, item in enumerate(as_list(spec.get("metrics"))):
        metric, path = as_mapping(item), f"spec.metrics[{number}]"
        for name in dict.fromkeys(ARGUMENT.findall(repr(metric))):
            if name not in declared:
                known = ", ".join(sorted(declared)) or "none"
                what = f"uses the argument {name}, which the template does not have; it has: {known}"
                yield Fault(path, what, "use one that it has, or add it to the args of the template")
        query = as_mapping(as_mapping(metric.get("provider")).get("prometheus")).get("query")
        if isinstance(query, str):
            wrong = query_fault(ARGUMENT.sub("{{}}", query))
            if wrong:
                step = "mend the query; the Prometheus server's own page for queries shows where"
                yield Fault(f"{path}.provider.prometheus.query", f"is no PromQL: {wrong}", step)
        count = metric.get("count")
        if isinstance(count, int) and count > 1 and not metric.get("interval"):
            yield Fault(f"{path}.count", f"{count} measurements need an interval", "state interval")


def missing_templates(
    key: ObjectKey, rollout: JsonObject, stated: Mapping[ObjectKey, JsonObject]
) -> Iterator[Fault]:
    """Templates that a Rollout names and that are not there, and arguments that they are not given."""
    for path, analysis in analyses_of(as_mapping(rollout["spec"].get("strategy"))):
        given = names_in(analysis.get("args"))
        for number, item in enumerate(as_list(analysis.get("templates"))):
            reference = as_mapping(item)
            at = f"{path}.templates[{number}]"
            found = with_nested(template_of(key, reference), stated)
            for template, body in found.items():
                if body is None:
                    yield Fault(
                        at, f"{template} is {_unknown(template, stated)}", "mend the name, or state it"
                    )
                    continue
                for name in _needed(body):
                    if name not in given:
                        what = f"{template} needs the argument {name}, and nothing gives it"
                        yield Fault(at, what, f"state it in args: {name}")


def _needed(template: JsonObject) -> Iterator[str]:
    for item in as_list(as_mapping(template.get("spec")).get("args")):
        argument = as_mapping(item)
        if "value" not in argument and "valueFrom" not in argument:
            yield str(argument.get("name"))


def _unknown(template: ObjectKey, stated: Mapping[ObjectKey, JsonObject]) -> str:
    names = sorted(
        key.name
        for key in stated
        if (key.group, key.kind, key.namespace) == (template.group, template.kind, template.namespace)
    )
    return f"stated nowhere; there are: {', '.join(names) or 'none'}"
