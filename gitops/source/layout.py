"""Applications from the repository's directory layout."""

from __future__ import annotations

import re
from dataclasses import replace
from posixpath import basename
from typing import TYPE_CHECKING

from gitops.model.application import DEFAULT_ROLLOUT_TIMEOUT, Application
from gitops.model.duration import parse_duration
from gitops.model.errors import Location
from gitops.model.sync import SyncOptions
from gitops.source.descriptor import FILE_NAME, Descriptor, read_descriptor
from gitops.source.health_rules import read_health_rules
from gitops.source.match import matches
from gitops.source.windows import own_windows, windows_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitops.model.errors import Problems
    from gitops.model.rollout.section import RolloutSection
    from gitops.model.settings import ApplicationGlob, Settings
    from gitops.source.commit import Commit, Entry

# Who states that a field is somebody else's wants a sync to leave it alone too.
_OPTIONS = SyncOptions(respect_ignore_differences=True)
_PREFIX = re.compile(r"([0-9]+)-(.+)")
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


def find_applications(commit: Commit, settings: Settings, problems: Problems) -> tuple[Application, ...]:
    """Every application of the stack, by wave and name.

    A directory is taken when at least one glob matches its whole path and no exclude does; names that begin
    with a dot are skipped with all that is below them.
    """
    found: dict[str, Application] = {}
    for folder, glob in _chosen(commit, settings.applications, problems):
        application = _application(commit, folder, glob, settings, problems)
        if application is None:
            continue
        twin = found.get(application.name)
        if twin:
            problems.add(
                f"application {application.name!r} is already {twin.path}",
                Location(folder.path),
                "rename one of the two directories",
                application.name,
            )
            continue
        found[application.name] = application
    if not found and not problems.found:
        globs = ", ".join(glob.path for glob in settings.applications)
        problems.add(
            f"no directory of commit {commit.sha[:12]} matches {globs}",
            next_step="check gitops:applications and the revision",
        )
    return tuple(sorted(found.values(), key=lambda item: (item.wave, item.name)))


def _chosen(
    commit: Commit, globs: tuple[ApplicationGlob, ...], problems: Problems
) -> Iterator[tuple[Entry, ApplicationGlob]]:
    for folder in commit.folders():
        if any(part.startswith(".") for part in folder.path.split("/")):
            continue
        for glob in globs:
            try:
                included = matches(glob.path, folder.path)
                excluded = any(matches(pattern, folder.path) for pattern in glob.exclude)
            except ValueError as error:
                problems.add(str(error), next_step="mend gitops:applications")
                continue
            if included and not excluded:
                yield folder, glob
                break


def _application(
    commit: Commit, folder: Entry, glob: ApplicationGlob, settings: Settings, problems: Problems
) -> Application | None:
    base = basename(folder.path)
    prefix = _PREFIX.fullmatch(base)
    name = prefix.group(2) if prefix else base
    if not _NAME.fullmatch(name):
        problems.add(
            f"{name!r} can't be an application's name",
            Location(folder.path),
            "use lower-case letters, digits and dashes, 63 at most",
            name,
        )
        return None
    file = f"{folder.path}/{FILE_NAME}"
    descriptor = (
        read_descriptor(commit.read(file), file, name, problems) if file in commit.entries else Descriptor()
    )
    wave = descriptor.wave
    if wave is None:
        wave = int(prefix.group(1)) if prefix else glob.wave
    health, rollout = descriptor.timeouts.health, descriptor.timeouts.rollout
    rules = read_health_rules(descriptor.health_rules, Location(file), problems, name)
    return Application(
        name=name,
        path=folder.path,
        tree=folder.id,
        namespace=descriptor.namespace or name,
        wave=wave,
        create_namespace=descriptor.create_namespace,
        depends_on=tuple(sorted(set(descriptor.depends_on))),
        critical=descriptor.critical,
        prune=descriptor.prune,
        self_heal=descriptor.self_heal,
        rollback_on_failure=descriptor.rollback_on_failure,
        revert_on_failure=descriptor.revert_on_failure,
        health_timeout=parse_duration(health) if health else settings.health_timeout,
        rollout_timeout=parse_duration(rollout) if rollout else DEFAULT_ROLLOUT_TIMEOUT,
        project=descriptor.project,
        ignore_differences=tuple(item.rule for item in descriptor.ignore_differences),
        options=_OPTIONS,
        hooks_every_sync="every-sync" in {descriptor.hooks, settings.hooks},
        health_rules=rules,
        rollout=_rollout(descriptor, settings),
        windows=windows_of(own_windows(descriptor.sync_windows, name)),
    )


def _rollout(descriptor: Descriptor, settings: Settings) -> RolloutSection | None:
    """The section, which asks the stack's Prometheus unless it names one."""
    section: RolloutSection | None = descriptor.rollout
    return replace(section, prometheus=section.prometheus or settings.prometheus) if section else None
