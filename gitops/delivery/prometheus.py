"""What a Prometheus server has measured in the past. Source: https://prometheus.io/docs/prometheus/latest/querying/api/."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import urllib3

from gitops.model.errors import AccessError, ConfigError, GitOpsError
from gitops.source.url import is_web_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitops.rollouts.simulation.runs import Result

_POINTS = 10_000  # the server takes 11,000 of a series in one answer
_MOST = 64 * 1024 * 1024
_SERIES = 1000
_SECONDS = 60.0
_WORDS = 300


@dataclass(frozen=True, slots=True)
class Prometheus:
    """A server, and the token that it wants, "" for none."""

    address: str
    token: str = ""

    def past(self, query: str, begin: float, step: float, moments: int) -> list[Result]:
        """What the query gave at so many moments, `step` seconds apart from `begin` on (seconds since 1970).

        Raises:
            AccessError: the server does not answer, or does not let us in.
            GitOpsError: it refuses the query, or its answer is none or too large.
        """
        found: list[Result] = []
        with urllib3.PoolManager(retries=False, timeout=_SECONDS) as pool:
            end = begin + (moments - 1) * step
            kind = self._asked(pool, "query", {"query": query, "time": f"{end:.3f}"}).get("resultType")
            if kind not in {"vector", "scalar"}:
                raise ConfigError(
                    f"a query of type {kind} gives no numbers: {query}",
                    next_step="state one that gives a vector",
                )
            for first in range(0, moments, _POINTS):
                number = min(_POINTS, moments - first)
                start = begin + first * step
                window = {"start": f"{start:.3f}", "end": f"{start + (number - 1) * step:.3f}"}
                fields = {"query": query, "step": f"{step:.3f}", **window}
                answer = self._asked(pool, "query_range", fields)
                found += self._read(answer, start, step, number, scalar=kind == "scalar")
        return found

    def _asked(self, pool: urllib3.PoolManager, what: str, fields: dict[str, str]) -> dict[str, Any]:
        url = f"{self.address}/api/v1/{what}"
        if not is_web_address(self.address):
            told = "it" if "@" in self.address else repr(self.address)  # a password may stand before the @
            raise ConfigError(
                f"{told} is no address of a Prometheus server, such as http://prometheus.monitoring:9090",
                next_step="state prometheus in the rollout section, or gitops:prometheus for the whole stack",
            )
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        try:
            answer = pool.request("GET", url, fields=fields, headers=headers, preload_content=False)
            try:
                status, body = answer.status, answer.read(_MOST + 1)
            finally:
                answer.close()
        except urllib3.exceptions.HTTPError as error:
            raise AccessError(
                f"Prometheus at {self.address} does not answer: {_short(str(error))}",
                next_step="forward its port, and name it as it is reached from here: --prometheus URL",
            ) from error
        if status in {401, 403}:
            raise AccessError(
                f"Prometheus at {self.address} does not let us in: {status}",
                next_step="put a token of it into GITOPS_PROMETHEUS_TOKEN",
            )
        if len(body) > _MOST:
            raise GitOpsError(
                f"Prometheus at {self.address} answers more than {_MOST // 1024 // 1024} MiB",
                next_step="look back less far with --since, or let the query give fewer series",
            )
        return self._data(status, body)

    def _data(self, status: int, body: bytes) -> dict[str, Any]:
        try:
            told = json.loads(body)
        except (ValueError, RecursionError):
            told = None
        match told:
            case {"status": "success", "data": dict(data)}:
                return data
            case {"status": "error", "error": str(message)}:
                raise GitOpsError(
                    f"Prometheus at {self.address} refuses: {_short(message)}",
                    next_step="try the query on the server's own page",
                )
        raise self._strange(f"answers {status} and no JSON of its API")

    def _read(
        self, data: dict[str, Any], begin: float, step: float, number: int, *, scalar: bool
    ) -> Iterator[Result]:
        """The results at each moment: a vector's in the order of its series, without those that have none there."""
        series = data.get("result")
        if data.get("resultType") != "matrix" or not isinstance(series, list):
            raise self._strange("answers no matrix to a range query")
        if len(series) > _SERIES:
            raise GitOpsError(
                f"the query gives {len(series)} series, and at most {_SERIES} are looked at",
                next_step="aggregate in the query, such as with sum or max",
            )
        rows: list[list[float]] = [[] for _ in range(number)]
        for one in series:
            try:
                for time, value in one["values"]:
                    place, measured = round((time - begin) / step), float(value)
                    if 0 <= place < number:
                        rows[place].append(measured)
            except (KeyError, TypeError, ValueError, OverflowError) as error:
                raise self._strange("answers a series without numbers") from error
        if scalar:
            return (row[0] if row else math.nan for row in rows)
        return map(tuple, rows)

    def _strange(self, what: str) -> GitOpsError:
        return GitOpsError(
            f"{self.address} {what}", next_step="name the address of a Prometheus server: --prometheus URL"
        )


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _WORDS else f"{line[: _WORDS - 1]}…"
