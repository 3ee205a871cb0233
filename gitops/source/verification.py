"""Checks as a stack's configuration states them, read strictly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from gitops.expressions import ExpressionError, check_condition
from gitops.model.duration import parse_duration
from gitops.model.verification import Check, Command, Http, Job, Prometheus
from gitops.source.shaped import shaped
from gitops.source.strict import objection
from gitops.source.url import is_web_address

if TYPE_CHECKING:
    from gitops.model.errors import Location, Problems
    from gitops.model.verification import Probe

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=10_000)]
_MOST = 100
_PROBES = ("command", "http", "prometheus", "job")


class _Http(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    url: _Text
    status: Annotated[int, msgspec.Meta(ge=100, le=599)] = 200
    contains: str = ""


class _Prometheus(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    address: _Text
    query: _Text
    success: _Text


class _Check(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    name: _Text
    command: Annotated[tuple[_Text, ...], msgspec.Meta(min_length=1)] | None = None
    http: _Http | None = None
    prometheus: _Prometheus | None = None
    job: _Text | None = None
    count: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1
    interval: str = "10s"
    failure_limit: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0
    timeout: str = "30s"


def read_checks(values: Any, where: Location, problems: Problems) -> tuple[Check, ...]:
    """The checks in a list of plain values; what is wrong goes to `problems`, each with the check's number."""
    if not isinstance(values, list | tuple) or len(values) > _MOST:
        problems.add(
            f"verification: a list of at most {_MOST} checks is expected",
            where,
            f"state each check as name and one of {', '.join(_PROBES)}",
        )
        return ()
    found: list[Check] = []
    for number, value in enumerate(values, 1):
        try:
            check = _read(shaped(value, _Check))
        except msgspec.ValidationError as error:
            what, step = str(objection(error)), f"its keys are {', '.join(_Check.__struct_encode_fields__)}"
        except ValueError as error:
            what, step = str(error), "docs/promotion.md tells what a check holds"
        else:
            if check.name not in {other.name for other in found}:
                found.append(check)
                continue
            what, step = f"`name`: another check is called {check.name} too", "give each a name of its own"
        problems.add(f"verification, check {number}: {what}", where, step)
    return tuple(found)


def _read(stated: _Check) -> Check:
    """The check.

    Raises:
        ValueError: a value is not what its key needs.
    """
    given = [key for key in _PROBES if getattr(stated, key) is not None]
    if len(given) != 1:
        said = " and ".join(given) or "none"
        message = f"`{stated.name}` has to state one of {', '.join(_PROBES)}, and states {said}"
        raise ValueError(message)
    return Check(
        stated.name,
        _probe(stated),
        stated.count,
        parse_duration(stated.interval),
        stated.failure_limit,
        parse_duration(stated.timeout),
    )


def _probe(stated: _Check) -> Probe:
    if stated.command:
        return Command(stated.command)
    if stated.http:
        return Http(_address(stated.http.url), stated.http.status, stated.http.contains)
    if stated.prometheus:
        asked = stated.prometheus
        try:
            check_condition(asked.success)
        except ExpressionError as error:
            message = f"`prometheus.success` {error}"
            raise ValueError(message) from error
        return Prometheus(_address(asked.address).rstrip("/"), asked.query, asked.success)
    return Job(stated.job or "")


def _address(url: str) -> str:
    if not is_web_address(url):
        message = f"{url!r} is no http or https address"
        raise ValueError(message)
    return url
