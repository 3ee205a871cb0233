"""Which Rollouts are steered when an application is named."""

from __future__ import annotations

from typing import Any

import pytest

from gitops.cluster.acts import abortion, promotion
from gitops.cluster.discovery import UnknownKindError
from gitops.delivery.rollouts import steer as room
from gitops.delivery.rollouts.steer import steer
from gitops.model.errors import NotFoundError, RefusedError, TimedOutError
from gitops.model.keys import APPLICATION_LABEL, GROUP_ANNOTATION
from tests import given
from tests.cluster.test_acts import living, through


def one(application: str, name: str, group: str = "", live: Any = None) -> Any:
    body = live or living()
    metadata = {"name": name, "namespace": application, "labels": {APPLICATION_LABEL: application}}
    return {**body, "metadata": metadata | ({"annotations": {GROUP_ANNOTATION: group}} if group else {})}


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A cluster with these Rollouts, in which every act shows at once."""

    class Cluster:
        rollouts = (
            one("shop", "cart", "till"),
            one("shop", "stock"),
            one("web", "web", "till"),
            one("done", "done", live=through()),
            one("half", "a"),
            one("half", "b", live=through()),
        )
        served = True

        def find(self, *what: str) -> Any:
            if not self.served:
                raise UnknownKindError(*what, "server")
            return self

        def path(self, *where: str) -> str:
            return "/".join(where)

        def list(self, _: str, selector: str) -> Any:
            assert selector == "gitops.internal/stack=test"
            return self.rollouts

    found = Cluster()
    found.client = found.discovery = found  # type: ignore[attr-defined]
    monkeypatch.setattr(room, "connect", lambda _: found)
    monkeypatch.setattr(room, "carry_out", lambda _client, _path, _act, _timeout: through())
    return found


def steered(application: str, name: str = "", act: Any = promotion) -> list[str]:
    return [str(item.key) for item in steer(given.settings(), application, name, act, 1)]


@pytest.mark.usefixtures("cluster")
def test_all_of_an_application_and_the_groups_of_them() -> None:
    assert steered("shop") == ["Rollout shop/cart", "Rollout shop/stock", "Rollout web/web"]
    assert steered("shop", "stock") == ["Rollout shop/stock"]
    assert steered("web", act=abortion) == ["Rollout web/web", "Rollout shop/cart"]


@pytest.mark.usefixtures("cluster")
def test_those_alone_for_which_it_makes_sense_and_an_error_when_there_is_none() -> None:
    a, b = steer(given.settings(), "half", "", promotion, 1)
    assert (a.why, str(b.key)) == ("", "Rollout half/b")
    assert b.why == "Rollout half/b has nothing under way that could be promoted: it is Healthy"
    for application, name in (("done", ""), ("half", "b")):
        with pytest.raises(RefusedError, match="has nothing under way"):
            steered(application, name)


def test_those_of_which_nothing_shows_in_time_are_told_beside_the_others(
    cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def carried_out(_client: object, path: str, *_: object) -> Any:
        if path.startswith("shop/") or cluster.silent:
            raise TimedOutError("nothing moved")
        return through()

    monkeypatch.setattr(room, "carry_out", carried_out)
    cluster.silent = False
    web, cart = steer(given.settings(), "web", "", abortion, 1)
    assert (web.late, cart.late, cart.why) == (False, True, "nothing moved")
    cluster.silent = True
    with pytest.raises(TimedOutError):
        steer(given.settings(), "web", "", abortion, 1)


def test_what_was_named_and_is_not_there(cluster: Any) -> None:
    with pytest.raises(NotFoundError, match="no Rollout of application 'wep' lives in the cluster"):
        steered("wep")
    with pytest.raises(NotFoundError, match="has no Rollout 'x'") as caught:
        steered("shop", "x")
    assert "name one of its own: cart, stock" in str(caught.value)
    cluster.served = False
    with pytest.raises(NotFoundError, match="no Rollout of application 'web' lives"):
        steered("web")
