"""Checks that a stack has to pass after a deployment, before what it runs may go on to the next one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """A program that ends with 0 when all is well; it is started without a shell, in the project's folder."""

    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Http:
    """A request whose answer has this status and, somewhere in it, this text."""

    url: str
    status: int = 200
    contains: str = ""


@dataclass(frozen=True, slots=True)
class Prometheus:
    """An instant query of a Prometheus server, judged by a CEL expression over `result`.

    `result` is a number when the query gives one value, else the list of all values.
    """

    address: str
    query: str
    success: str


@dataclass(frozen=True, slots=True)
class Job:
    """A Job in a file of the repository, at the revision that is being verified; it has to complete."""

    file: str


Probe = Command | Http | Prometheus | Job


@dataclass(frozen=True, slots=True)
class Check:
    """A probe and how often it is tried; the meaning of the numbers is that of Argo Rollouts' analysis.

    Attributes:
        name: how it is called in reports.
        count: how many measurements are taken.
        interval: seconds between two of them.
        failure_limit: how many may fail.
        timeout: seconds one of them may take; longer is a failure.
    """

    name: str
    probe: Probe
    count: int = 1
    interval: float = 10.0
    failure_limit: int = 0
    timeout: float = 30.0


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one try of a probe said: whether it was well, and in a few words what was seen."""

    well: bool
    seen: str


@dataclass(frozen=True, slots=True)
class Verified:
    """A check that has ended.

    Attributes:
        measurements: in the order in which they were taken; fewer than `count` when it failed early.
    """

    check: Check
    measurements: tuple[Measurement, ...]

    @property
    def failures(self) -> int:
        """How many measurements failed."""
        return sum(not measurement.well for measurement in self.measurements)

    @property
    def passed(self) -> bool:
        """Whether the check was passed."""
        return self.failures <= self.check.failure_limit
