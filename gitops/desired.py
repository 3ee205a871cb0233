"""The river from a stack's settings to its plan: commit → applications → manifests → waves."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gitops.cluster.connect import connect
from gitops.cluster.sealing import sealing_keys
from gitops.manifests.build import manifests, renderers
from gitops.manifests.cache import Cache
from gitops.manifests.versions import versioned
from gitops.model.capabilities import Served
from gitops.model.errors import ConfigError, Location, Problem, Problems, ProblemsError
from gitops.model.keys import ObjectKey
from gitops.model.partial import LeftOut
from gitops.secrets.content import sealed_contents
from gitops.secrets.deliver import SEALED, delivered
from gitops.secrets.plain import refuse_plain
from gitops.secrets.ring import load_ring
from gitops.source.descriptor import FILE_NAME
from gitops.source.git import cache_folder, fetch
from gitops.source.others import fetcher
from gitops.stated import find_stated
from gitops.waves.order import sort_key
from gitops.waves.plan import make_plan

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from gitops.manifests.raw import RawObject
    from gitops.manifests.scopes import Scopes
    from gitops.model.application import Application
    from gitops.model.manifest import Manifest
    from gitops.model.plan import Plan
    from gitops.model.settings import Settings
    from gitops.secrets.keys import KeyRing
    from gitops.source.commit import Commit
    from gitops.stated import Stated


def desired_plan(settings: Settings, served: Served, cache: Path | None = None) -> Plan:
    """What Git wants the stack's cluster to look like; `served` is what that cluster serves.

    Raises:
        ProblemsError: everything that is wrong in the repository, at once.
        AccessError, NotFoundError: the repository or its revision can't be had.
    """
    problems = Problems()
    reading = _read(settings, served, cache or cache_folder(), problems)
    plan, _ = reading.planned(reading.stated.documents, problems)
    problems.raise_any()
    return plan


def stated_applications(
    settings: Settings, cache: Path | None = None
) -> tuple[Commit, tuple[Application, ...]]:
    """The commit that the stack is at, and the applications that it states there, also broken ones.

    Raises:
        AccessError, NotFoundError: the repository or its revision can't be had.
    """
    reading = _read(settings, Served(), cache or cache_folder(), Problems())
    return reading.commit, reading.stated.applications


def rendered(
    settings: Settings, applications: Collection[str] = (), cache: Path | None = None
) -> tuple[str, tuple[Manifest, ...]]:
    """The commit id, and what applications state there, by application and in the order of applying.

    All of the stack's without names. Needs no cluster: a kind that nobody knows counts as namespaced.

    Raises:
        ProblemsError: something is wrong with one of the applications that were asked for.
        AccessError, NotFoundError: the repository or its revision can't be had.
    """
    problems = Problems()
    reading = _read(settings, Served(), cache or cache_folder(), problems)
    chosen = {
        item: raw
        for item, raw in reading.stated.documents.items()
        if not applications or item.name in applications
    }
    found = reading.manifests(chosen, None, None, problems, Problems())
    concerning = [
        problem
        for problem in problems
        if not applications
        or not problem.applications
        or not set(applications).isdisjoint(problem.applications)
    ]
    if concerning:
        raise ProblemsError(concerning)
    return reading.commit.sha, tuple(sorted(found, key=lambda item: (item.application, *sort_key(item))))


def sound_plan(
    settings: Settings,
    served: Served,
    live: Collection[ObjectKey],
    cache: Path | None = None,
    *,
    hold: Hold | None = None,
    commit: Commit | None = None,
    sealed: bool = False,
) -> tuple[Plan, tuple[LeftOut, ...]]:
    """The plan of the applications that nothing is wrong with, and the others with their problems.

    An application that needs one that is left out is left out too: by `dependsOn`, or because the other one
    states its namespace or CRD and that is not in the cluster yet. `live` are the stack's live objects, `hold`
    says which applications have to wait though nothing is wrong with them, and why. `commit` is the one to read
    when it was fetched already. With `sealed`, SealedSecrets stay so, and no key is needed. The plan is empty when
    something is wrong with all of them.

    Raises:
        ProblemsError: something is wrong that no single application is to blame for.
        AccessError, NotFoundError: the repository or its revision can't be had.
    """
    problems = Problems()
    reading = replace(_read(settings, served, cache or cache_folder(), problems, commit), sealed=sealed)
    found = reading.stated.applications
    waiting = tuple(hold(found)) if hold else ()
    held = {name for problem in waiting for name in problem.applications}
    everything: tuple[Manifest, ...] | None = None
    why: dict[str, list[Problem]] = {}
    while True:
        sound = {item: raw for item, raw in reading.stated.documents.items() if item.name not in why}
        plan, manifests = reading.planned(sound, problems)
        if everything is None:
            everything = manifests
            for problem in waiting:
                problems.note(problem)
        if not problems.found:
            problems = _without_namespace(plan, everything, live, why)
        if not problems.found:
            return plan, _left_out(why, found, everything, held, argo=reading.stated.argo)
        _blame(why, problems)
        _follow(why, found)
        problems = Problems()


Hold = Callable[[Sequence["Application"]], Iterable[Problem]]
"""Which of the applications have to wait, each with the reason."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """A commit as it was read for one stack."""

    settings: Settings
    served: Served
    commit: Commit
    stated: Stated
    ring: Callable[[], KeyRing]
    sealed: bool = False

    def planned(
        self, documents: Mapping[Application, list[RawObject]], problems: Problems
    ) -> tuple[Plan, tuple[Manifest, ...]]:
        """The plan of these applications, and their manifests; without steps when anything is wrong."""
        notes = Problems(list(self.stated.notes))
        opened = self.settings.secrets.opened and not self.sealed
        # nobody has to serve the kind where the program opens it
        known = {**(self.served.scopes or {}), SEALED: True} if opened else self.served.scopes
        found = self.manifests(documents, known, self.ring if opened else None, problems, notes)
        plan = make_plan(self.settings.stack, self.commit.sha, documents, found, problems)
        return replace(plan, notes=tuple(notes)), found

    def manifests(
        self,
        documents: Mapping[Application, list[RawObject]],
        known: Scopes | None,
        ring: Callable[[], KeyRing] | None,
        problems: Problems,
        notes: Problems,
    ) -> tuple[Manifest, ...]:
        """What these applications state, as it is applied; without a ring, SealedSecrets stay so."""
        stack, secrets = self.settings.stack, self.settings.secrets
        found = manifests(documents, stack, known, problems, notes)
        if secrets.refuse_plain:
            refuse_plain(found, secrets.plain, problems)
        sealed = sealed_contents(found)
        found = versioned(documents, delivered(found, stack, ring, problems), sealed)
        for problem in self.stated.forbidden(found):
            problems.note(problem)
        return found


def _read(
    settings: Settings, served: Served, folder: Path, problems: Problems, commit: Commit | None = None
) -> _Reading:
    commit = commit or fetch(settings.repository, folder)
    rendering = renderers(
        settings, Cache(folder / "objects"), served.capabilities, enable_helm=settings.enable_helm
    )
    others = fetcher(settings.repository, folder)
    stated = find_stated(commit, settings, rendering, others, problems)
    return _Reading(
        settings, served, commit, stated, functools.cache(functools.partial(stack_ring, settings))
    )


def stack_ring(settings: Settings) -> KeyRing:
    """The private keys of a stack.

    Raises:
        ConfigError: it has none.
        AccessError: they can't be had.
    """
    if not settings.secrets.key_ring:
        raise ConfigError(
            f"stack {settings.stack!r} has no key ring",
            next_step=f"make one: gitops secret key generate --stack {settings.stack}, or name one in gitops:keyRing",
        )
    return load_ring(
        settings.secrets.key_ring,
        lambda namespace, name: sealing_keys(connect(settings.cluster).client, namespace, name),
    )


def _blame(why: dict[str, list[Problem]], problems: Problems) -> None:
    """Put every problem with its applications."""
    if any(not problem.applications for problem in problems):
        raise ProblemsError(problems)
    later = ", without the applications that are left out" if why else ""
    for problem in problems:
        for name in problem.applications:
            why.setdefault(name, []).append(replace(problem, what=f"{problem.what}{later}"))


def _follow(why: dict[str, list[Problem]], applications: Iterable[Application]) -> None:
    """Leave out what depends on something that is left out, and what depends on that."""
    waiting = list(applications)
    while True:
        more = [
            item for item in waiting if item.name not in why and not why.keys().isdisjoint(item.depends_on)
        ]
        if not more:
            return
        for item in more:
            names = sorted(why.keys() & set(item.depends_on))
            why[item.name] = [_waits(item, name) for name in names]


def _without_namespace(
    plan: Plan, everything: Iterable[Manifest], live: Collection[ObjectKey], why: Mapping[str, object]
) -> Problems:
    """Note applications whose namespace only an application that is left out would make."""
    missing = {
        item.key: item.application
        for item in everything
        if item.kind == "Namespace" and item.application in why and item.key not in live
    }
    problems = Problems()
    for item in plan.objects:
        namespace = ObjectKey("", "Namespace", "", item.manifest.key.namespace)
        if namespace in missing and namespace not in plan.keys:
            name = missing[namespace]
            problems.add(
                f"needs {namespace}, which {name!r} states, and {name!r} is left out",
                item.manifest.where,
                f"mend {name!r}",
                item.manifest.application,
            )
    return problems


def _waits(application: Application, name: str) -> Problem:
    where = application.stated or Location(f"{application.path}/{FILE_NAME}")
    return Problem(f"waits for {name!r}, which is left out", where, f"mend {name!r}", application.name)


def _left_out(
    why: Mapping[str, list[Problem]],
    found: Iterable[Application],
    everything: Iterable[Manifest],
    held: Collection[str],
    *,
    argo: bool,
) -> tuple[LeftOut, ...]:
    """Those left out; one that is only held, alone or with what it waits for, is known whole."""
    known = {item.name: item for item in found}
    states: dict[str, set[ObjectKey]] = {name: set() for name in why}
    for item in everything:
        if item.application in states:
            states[item.application].add(item.key)
    return tuple(
        LeftOut(
            name,
            tuple(why[name]),
            frozenset(states[name]),
            argo and name not in held,
            known.get(name),
            held=name in held,
        )
        for name in sorted(why)
    )
