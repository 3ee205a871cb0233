"""Generators of an ApplicationSet: each becomes a list of parameter sets."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from gitops.model.errors import GitOpsError
from gitops.source.argo import files, setspec
from gitops.source.argo.fleet import name_of, server_of
from gitops.source.argo.gotemplate.values import normalize
from gitops.source.argo.objects import without_nulls
from gitops.source.argo.params import Params, Strings, combined, flat, merged
from gitops.source.argo.repository import complaint, same_repository
from gitops.source.argo.selector import Selector, selects
from gitops.source.shaped import shaped
from gitops.source.strict import objection
from gitops.source.yaml import YamlError, read_documents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gitops.model.settings import FleetCluster
    from gitops.source.argo.fleet import Fleet
    from gitops.source.argo.templating import Templating
    from gitops.source.commit import Commit

MAX_SETS = 10_000
SECRET_TYPE = ("argocd.argoproj.io/secret-type", "cluster")
_DEEPEST = 2
Struct = TypeVar("Struct", bound=msgspec.Struct)


class GeneratorError(ValueError):
    """A generator that can't be evaluated, and what to do."""

    def __init__(self, what: str, next_step: str = "mend the generator") -> None:
        super().__init__(what)
        self.next_step = next_step


@dataclass(frozen=True, slots=True)
class Ground:
    """What generators work on; `read` gives the commit of another repository and revision."""

    templating: Templating
    commit: Commit
    fleet: Fleet
    read: Callable[[str, str], Commit]


@dataclass(frozen=True, slots=True)
class Generated:
    """The parameter sets of one generator, and the template that it states itself."""

    sets: list[Params]
    template: dict[str, Any]


def evaluate(generator: dict[str, Any], ground: Ground) -> list[Generated]:
    """All that an entry of `spec.generators` generates; it may hold several generators.

    Raises:
        GeneratorError: it can't be evaluated.
        GoTemplateError: a template in it is wrong.
        CombinationError: two children contradict one another.
    """
    return _evaluate(generator, ground, {}, 0)


def _evaluate(generator: dict[str, Any], ground: Ground, given: Params, depth: int) -> list[Generated]:
    """`given` are the parameters of a matrix's first child, for the texts of its second."""
    kinds = [kind for kind in _ORDER if generator.get(kind) is not None]
    for kind in sorted(generator.keys() - {"selector"}):
        if kind in _UNSUPPORTED:
            raise GeneratorError(f"generator {kind!r} is not supported", _UNSUPPORTED[kind])
        if kind not in _ORDER:
            raise GeneratorError(f"{kind!r} is not a generator", f"generators are {', '.join(_ORDER)}")
        if depth >= _DEEPEST and kind in {"matrix", "merge"}:
            raise GeneratorError(f"generator {kind!r} is nested deeper than one level", "flatten it")
    selector = None
    if generator.get("selector") is not None:
        selector = _converted(generator["selector"], Selector, "selector")
    if given:
        generator = ground.templating.deep(generator, given)
    results = []
    for kind in kinds:
        shape, function = _KINDS[kind]
        stated: Any = _converted(generator[kind], shape, kind)
        sets = []
        for params in function(stated, ground, depth):
            if selector is None or selects(selector, flat(params)):
                sets.append(params)
            if len(sets) > MAX_SETS:
                raise GeneratorError(
                    f"generator {kind!r} makes more than {MAX_SETS} parameter sets", "narrow it"
                )
        results.append(Generated(sets, stated.template))
    return results


def _converted(value: Any, shape: type[Struct], place: str) -> Struct:
    try:
        return shaped(without_nulls(value), shape)
    except msgspec.ValidationError as error:
        raise GeneratorError(f"{place}: {objection(error)}") from error


def _with_values(params: Params, values: dict[str, str], ground: Ground) -> Params:
    """The set with the generator's `values`, which may use its parameters but not one another."""
    if not values:
        return params
    rendered = {key: ground.templating.text(text, params) for key, text in values.items()}
    if ground.templating.go:
        return {**params, "values": Strings(rendered)}
    return {**params, **{f"values.{key}": text for key, text in rendered.items()}}


def _list(stated: setspec.ListGenerator, ground: Ground, _: int) -> Iterator[Params]:
    for index, element in enumerate(stated.elements):
        yield (
            dict(element) if ground.templating.go else dict(_flat_element(element, f"list.elements[{index}]"))
        )
    if stated.elements_yaml:
        try:
            found = read_documents(stated.elements_yaml.encode())
        except YamlError as error:
            raise GeneratorError(f"list.elementsYaml, line {error.line}: {error}") from error
        elements = found[0].body if found else []
        if not isinstance(elements, list) or not all(isinstance(item, dict) for item in elements):
            raise GeneratorError("list.elementsYaml is not a list of objects")
        yield from elements


def _flat_element(element: Params, place: str) -> Iterator[tuple[str, str]]:
    for key, value in element.items():
        nested = key == "values" and isinstance(value, dict)
        for name, text in ((f"values.{k}", v) for k, v in value.items()) if nested else ((key, value),):
            if not isinstance(text, str):
                raise GeneratorError(
                    f"{place}.{name} is {text!r}, and a flat template takes only text",
                    "quote the value, or set goTemplate: true",
                )
            yield name, text


def _clusters(stated: setspec.ClusterGenerator, ground: Ground, _: int) -> Iterator[Params]:
    sets = [
        _with_values(_cluster_params(cluster, ground), stated.values, ground)
        for cluster in sorted(ground.fleet.clusters, key=name_of)
        if selects(stated.selector, dict((*cluster.labels, SECRET_TYPE)))
    ]
    if stated.flat_list:
        yield {"clusters": sets}
    else:
        yield from sets


def _cluster_params(cluster: FleetCluster, ground: Ground) -> Params:
    name = name_of(cluster)
    metadata = {
        "labels": Strings((*cluster.labels, SECRET_TYPE)),
        "annotations": Strings(cluster.annotations),
    }
    params: Params = {
        "name": name,
        "nameNormalized": normalize(name),
        "server": server_of(cluster, ground.fleet),
        "project": "",
    }
    if ground.templating.go:
        return {**params, "metadata": metadata}
    flat = {f"metadata.{kind}.{key}": text for kind, texts in metadata.items() for key, text in texts.items()}
    return {**params, **flat}


def _git(stated: setspec.GitGenerator, ground: Ground, _: int) -> Iterator[Params]:
    commit, go = _commit(stated, ground), ground.templating.go
    try:
        if stated.directories:
            for path in files.directories(stated.directories, commit):
                yield _with_values(files.directory_params(path, stated, go=go), stated.values, ground)
        elif stated.files:
            for path in files.files(stated.files, commit):
                for found in files.read(path, commit):
                    yield _with_values(files.file_params(path, found, stated, go=go), stated.values, ground)
        else:
            raise GeneratorError("git states neither directories nor files", "state the one or the other")
    except files.FileError as error:
        raise GeneratorError(f"git: {error}", "mend the pattern or the file") from error


def _commit(stated: setspec.GitGenerator, ground: Ground) -> Commit:
    wrong = complaint(stated.repository, stated.revision, chart=False)
    if wrong:
        raise GeneratorError(f"git: {wrong}", "mend repoURL or revision")
    own = same_repository(stated.repository, ground.fleet.repository)
    if own and stated.revision in {"", "HEAD", ground.fleet.revision}:
        return ground.commit
    try:
        return ground.read(stated.repository, stated.revision or "HEAD")
    except GitOpsError as error:
        raise GeneratorError(f"git: {error.problems[0].what}", error.problems[0].next_step) from error


def _matrix(stated: setspec.MatrixGenerator, ground: Ground, depth: int) -> Iterator[Params]:
    if len(stated.generators) != 2:
        raise GeneratorError(
            f"matrix has {len(stated.generators)} generators, not two", "nest another matrix"
        )
    for first in _child(stated.generators[0], ground, {}, depth):
        for second in _child(stated.generators[1], ground, first, depth):
            yield merged(first, second) if ground.templating.go else combined(first, second)


def _merge(stated: setspec.MergeGenerator, ground: Ground, depth: int) -> Iterable[Params]:
    keys = sorted(set(stated.merge_keys))
    if len(stated.generators) < 2 or not keys:
        raise GeneratorError("merge needs two generators or more, and mergeKeys", "state them")
    base, *others = (_by_key(_child(child, ground, {}, depth), keys) for child in stated.generators)
    for other in others:
        for key, params in other.items():
            if key in base:
                base[key] = (
                    merged(base[key], params, second_wins=True)
                    if ground.templating.go
                    else {**base[key], **params}
                )
    return base.values()


def _by_key(sets: Iterable[Params], keys: list[str]) -> dict[str, Params]:
    found: dict[str, Params] = {}
    for params in sets:
        key = json.dumps({name: params.get(name) for name in keys}, sort_keys=True, default=str)
        if key in found:
            raise GeneratorError(
                f"merge: two sets of one generator have the keys {key}", "choose other mergeKeys"
            )
        found[key] = params
    return found


def _child(generator: dict[str, Any], ground: Ground, given: Params, depth: int) -> list[Params]:
    found = _evaluate(generator, ground, given, depth + 1)
    if len(found) != 1:
        raise GeneratorError(
            f"an entry of matrix or merge holds {len(found)} generators, not one", "split it"
        )
    return found[0].sets


_KINDS: dict[str, tuple[type[msgspec.Struct], Callable[..., Iterable[Params]]]] = {
    "list": (setspec.ListGenerator, _list),
    "clusters": (setspec.ClusterGenerator, _clusters),
    "git": (setspec.GitGenerator, _git),
    "matrix": (setspec.MatrixGenerator, _matrix),
    "merge": (setspec.MergeGenerator, _merge),
}
_ORDER = tuple(_KINDS)
_UNSUPPORTED = {
    "scmProvider": "it asks a host for repositories, so equal commits would not give equal plans: use list or git",
    "pullRequest": "it asks a host for pull requests, so equal commits would not give equal plans: use list or git",
    "plugin": "it asks a service, so equal commits would not give equal plans: commit what it answers and use git",
    "clusterDecisionResource": "it asks a cluster, so equal commits would not give equal plans: use clusters",
}
