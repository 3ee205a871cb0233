"""An ApplicationSet becomes Applications."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from gitops.source.argo.generators import GeneratorError, Ground, evaluate
from gitops.source.argo.gotemplate.errors import GoTemplateError
from gitops.source.argo.objects import (
    API_VERSION,
    APPLICATION,
    FINALIZER,
    WAVE_ANNOTATION,
    RawApplication,
    RawLike,
    name_of,
    read_strictly,
    without_nulls,
)
from gitops.source.argo.params import CombinationError, merged
from gitops.source.argo.patch import PatchError, template_patch
from gitops.source.argo.selector import Selector, selects
from gitops.source.argo.setspec import SetObject, SetSpec
from gitops.source.argo.templating import Templating
from gitops.source.yaml import YamlError, read_documents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gitops.model.errors import Problems
    from gitops.source.argo.fleet import Fleet
    from gitops.source.argo.gotemplate.render import MissingKey
    from gitops.source.argo.params import Params
    from gitops.source.commit import Commit

_MISSING_KEY: dict[str, MissingKey] = {
    "missingkey=default": "default",
    "missingkey=invalid": "default",
    "missingkey=zero": "zero",
    "missingkey=error": "error",
}
_TEMPLATE_METADATA = {"name", "namespace", "labels", "annotations", "finalizers"}
_EXPECTED = (GeneratorError, GoTemplateError, CombinationError, PatchError, YamlError, RecursionError)


def generate(
    raw: RawLike,
    commit: Commit,
    fleet: Fleet,
    problems: Problems,
    read: Callable[[str, str], Commit],
) -> tuple[RawApplication, ...]:
    """The Applications that an ApplicationSet makes, by name, for all clusters of the fleet.

    When anything in it is wrong, it makes none: which ones are missing can't be known. Of several that have one
    name none is made. `read` is asked for
    the commits of other repositories and revisions.
    """
    stated = read_strictly(raw, SetObject, problems)
    if stated is None:
        return ()
    spec, before = stated.spec, len(problems)

    def object_to(what: str, next_step: str) -> None:
        problems.add(what, raw.where, next_step, stated.metadata.name)

    for what, next_step in _complaints(spec):
        object_to(what, next_step)
    ground = Ground(_templating(spec), commit, fleet, read)
    bodies: list[dict[str, Any]] = []
    for index, generator in enumerate(spec.generators):
        try:
            bodies += _applications(generator, spec, ground)
        except _EXPECTED as error:
            what = str(error) if not isinstance(error, RecursionError) else "it nests too deeply"
            step = error.next_step if isinstance(error, GeneratorError) else "mend the template or its data"
            object_to(f"spec.generators[{index}]: {what}", step)
    if len(problems) > before:
        return ()
    made = [RawApplication(raw.where, body) for body in bodies]
    names = Counter(name_of(application) for application in made)
    for name in sorted(name for name, count in names.items() if count > 1):
        problems.add(
            f"the ApplicationSet makes {names[name]} applications called {name!r}",
            raw.where,
            "make the name differ by every parameter that differs",
            name,
        )
    return tuple(sorted((item for item in made if names[name_of(item)] == 1), key=name_of))


def _templating(spec: SetSpec) -> Templating:
    known = [_MISSING_KEY[option] for option in spec.go_template_options if option in _MISSING_KEY]
    return Templating(spec.go_template, known[-1] if known else "default")


def _complaints(spec: SetSpec) -> Iterator[tuple[str, str]]:
    for option in spec.go_template_options:
        if option not in _MISSING_KEY:
            yield f"goTemplateOptions: {option!r} is not known", f"options are {', '.join(_MISSING_KEY)}"
    policy = spec.sync_policy.applications_sync
    if policy in {"create-only", "create-delete"}:
        yield (
            f"applicationsSync {policy!r} can't be honored: an application here is what the commit states",
            "use sync or create-update",
        )
    for key in sorted(spec.template.keys() - {"metadata", "spec"}):
        yield f"spec.template.{key} is not a known field", "mend the template"
    for index, step in enumerate(spec.strategy.rolling_sync.steps):
        if step.max_update not in {None, "100%"}:
            yield (
                f"rollingSync.steps[{index}].maxUpdate {step.max_update!r} can't be honored",
                "take it out: a step's applications are synced together, the next step's when they are healthy",
            )


def _applications(generator: dict[str, Any], spec: SetSpec, ground: Ground) -> Iterator[dict[str, Any]]:
    for generated in evaluate(generator, ground):
        template = merged(without_nulls(generated.template), without_nulls(spec.template))
        _refuse_metadata(template)
        for params in generated.sets:
            yield _application(template, params, spec, ground.templating)


def _refuse_metadata(template: dict[str, Any]) -> None:
    metadata = template.get("metadata")
    if not isinstance(metadata, dict) or not isinstance(template.get("spec"), dict):
        raise GeneratorError("the template needs metadata and spec", "state them")
    for key in sorted(metadata.keys() - _TEMPLATE_METADATA):
        raise GeneratorError(f"template.metadata.{key} is not a known field", "mend the template")


def _application(
    template: dict[str, Any], params: Params, spec: SetSpec, templating: Templating
) -> dict[str, Any]:
    """One application; a template without parameters is taken as it is, without even a finalizer."""
    body = {"apiVersion": API_VERSION, "kind": APPLICATION, **template}
    body["metadata"] = dict(template["metadata"])
    if params:
        body = templating.deep(body, params)
        if not body["metadata"].get("finalizers") and not spec.sync_policy.preserve_resources_on_deletion:
            body["metadata"]["finalizers"] = [FINALIZER]
    if spec.template_patch is not None:
        found = read_documents(templating.text(spec.template_patch, params).encode())
        body = template_patch(body, found[0].body if found else {})
        if not isinstance(body.get("metadata"), dict) or not isinstance(body.get("spec"), dict):
            raise GeneratorError("the patch leaves no metadata or no spec", "mend templatePatch")
    if spec.sync_policy.applications_sync == "create-update":
        body["metadata"]["finalizers"] = []
    return _in_step(body, spec)


def _in_step(body: dict[str, Any], spec: SetSpec) -> dict[str, Any]:
    """The application with the wave of its step of a rolling sync, where it states none itself."""
    steps = spec.strategy.rolling_sync.steps
    if spec.strategy.type != "RollingSync" or not steps:
        return body
    metadata = body["metadata"]
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    for field, value in (("labels", labels), ("annotations", annotations)):
        if not isinstance(value, dict):
            raise GeneratorError(f"metadata.{field} is not a mapping", "mend the template")
    for wave, step in enumerate(steps):
        if selects(Selector(match_expressions=step.match_expressions), labels):
            body["metadata"] = {**metadata, "annotations": {WAVE_ANNOTATION: str(wave), **annotations}}
            return body
    raise GeneratorError(
        f"application {metadata.get('name')!r} is in no step of the rolling sync, so it would never be synced",
        "let a step's matchExpressions select its labels",
    )
