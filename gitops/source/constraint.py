"""Revisions that leave open which version is meant, such as `1.2.*` or `>=1.0 <2`, and the tag they come to.

The grammar is that of Masterminds' `semver`, and the choice that of Argo CD's `util/git`: a plain version is the
name of a tag, tags that are no versions do not count, and pre-releases only count where the constraint has one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gotpl.funcs.sprig.semver import Version

# What has none of these is a plain version or a name.
_OPEN = re.compile(r"[*^~<>=!,| xX]")
_LONGEST = 200
_PRE_RELEASE = re.compile(r"[0-9]-[0-9A-Za-z]")


def is_constraint(revision: str) -> bool:
    """Whether a revision is a constraint; a version and the name of a branch are none."""
    if len(revision) > _LONGEST or not _OPEN.search(revision) or _version(revision) is not None:
        return False
    return _allows(revision, "0.0.0") is not None


def highest(constraint: str, tags: Iterable[str]) -> str:
    """The tag with the highest version that a constraint allows; "" when it allows none."""
    early = bool(_PRE_RELEASE.search(constraint))
    versions = ((version, tag) for tag in tags if (version := _version(tag)) is not None)
    found = [
        (version, tag)
        for version, tag in versions
        if (early or not version.Prerelease()) and _allows(constraint, tag)
    ]
    return max(found, key=lambda pair: pair[0])[1] if found else ""


def _version(text: str) -> Version | None:
    from gotpl.funcs.sprig.semver import semver  # the template language is slow to import

    try:
        return semver(text)
    except ValueError:
        return None


def _allows(constraint: str, version: str) -> bool | None:
    """None where the text is no constraint."""
    from gotpl.funcs.sprig.semver import semver_compare

    try:
        return bool(semver_compare(constraint, version))
    except ValueError:
        return None
