from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitops.delivery.keep import kept
from gitops.model.errors import Problem
from gitops.model.keys import APPLICATION_LABEL, ObjectKey
from gitops.model.partial import LeftOut, Recorded
from tests import given
from tests.program.engine import plan_of

if TYPE_CHECKING:
    from gitops.model.plan import Plan

PREFIX = "urn:pulumi:test::gitops::gitops:index:Platform$gitops:index:Wave$gitops:index:Application"


def application(name: str) -> Recorded:
    return Recorded(f"{PREFIX}::{name}", "gitops:index:Application", name, "wave")


def recorded(name: str, of: str, serves: tuple[str, str] | None = None) -> Recorded:
    kind = name.partition(":")[0].rpartition("/")[2]
    type_ = f"kubernetes:x/v1:{kind}"
    return Recorded(f"{PREFIX}${type_}::{name}", type_, name, f"{PREFIX}::{of}", ObjectKey.of(name), serves)


def gate(name: str, of: str) -> Recorded:
    return Recorded(f"{PREFIX}$pulumi:index:Stash::{name}", "pulumi:index:Stash", name, f"{PREFIX}::{of}")


def left_out(name: str, *states: str) -> LeftOut:
    return LeftOut(name, (Problem("broken"),), frozenset(map(ObjectKey.of, states)))


def live(**owners: str) -> dict[ObjectKey, Any]:
    """ConfigMaps `<name>` in namespace `n` with the label of an application."""
    return {
        ObjectKey("", "ConfigMap", "n", name): {"metadata": {"labels": {APPLICATION_LABEL: owner}}}
        for name, owner in owners.items()
    }


def names(urns: tuple[str, ...]) -> set[str]:
    return {urn.split("::", 3)[3] for urn in urns}


def web_2() -> Plan:
    return plan_of([given.application("web-2")], given.manifest("ConfigMap", of="web-2"))


STATE = (
    application("web"),
    application("web-2"),
    recorded("ConfigMap:web/x", "web"),
    gate("application-web", "web"),
    recorded("ConfigMap:web-2/x", "web-2"),
    recorded("ConfigMap:web-2/old", "web-2"),
)


def test_everything_below_the_application_is_passed_over_by_exact_urn_and_nothing_of_its_namesake() -> None:
    keep = kept([left_out("web")], STATE, {}, web_2())
    assert names(keep.urns) == {"web", "ConfigMap:web/x", "application-web"}
    assert keep.owned == {ObjectKey.of("ConfigMap:web/x")}
    assert not any("*" in urn for urn in keep.urns)


def test_what_left_a_sound_application_still_goes() -> None:
    keep = kept([left_out("web")], STATE, {}, web_2())
    assert ObjectKey.of("ConfigMap:web-2/old") not in keep.objects


def test_an_object_that_no_state_knows_belongs_to_the_application_of_its_label() -> None:
    keep = kept([left_out("web")], STATE, live(mine="web", other="web-2"), web_2())
    assert ObjectKey.of("ConfigMap:n/mine") in keep.objects
    assert ObjectKey.of("ConfigMap:n/other") not in keep.objects


def test_the_state_knows_better_than_a_label_that_somebody_changed() -> None:
    state = (*STATE, recorded("ConfigMap:n/x", "web-2"))
    assert ObjectKey.of("ConfigMap:n/x") not in kept([left_out("web")], state, live(x="web"), web_2()).objects


def test_what_it_was_about_to_take_over_stays() -> None:
    keep = kept([left_out("web", "ConfigMap:web-2/old")], STATE, {}, web_2())
    assert "ConfigMap:web-2/old" in names(keep.urns)
    assert ObjectKey.of("ConfigMap:web-2/old") not in keep.owned


def test_what_a_sound_application_states_is_hers_even_when_the_broken_one_needs_it() -> None:
    plan = plan_of([given.application("web-2")], given.manifest("Namespace", "web", of="web-2", namespace=""))
    state = (*STATE, recorded("Namespace:web", "web-2"))
    keep = kept([left_out("web")], state, {}, plan)
    assert "Namespace:web" not in names(keep.urns)
    assert ObjectKey.of("Namespace:web") not in keep.objects


def test_its_namespace_and_the_crd_of_its_objects_stay_though_their_owner_left() -> None:
    state = (
        *STATE,
        application("base"),
        recorded("Namespace:web", "base"),
        recorded("Namespace:other", "base"),
        recorded("x.io/Foo:web/a", "web"),
        recorded("apiextensions.k8s.io/CustomResourceDefinition:foos.x.io", "base", ("x.io", "Foo")),
        recorded("apiextensions.k8s.io/CustomResourceDefinition:bars.x.io", "base", ("x.io", "Bar")),
    )
    found = names(kept([left_out("web")], state, {}, web_2()).urns)
    assert {"Namespace:web", "apiextensions.k8s.io/CustomResourceDefinition:foos.x.io"} <= found
    assert {"Namespace:other", "apiextensions.k8s.io/CustomResourceDefinition:bars.x.io"}.isdisjoint(found)


def test_nothing_is_deleted_while_a_broken_application_may_be_the_new_name_of_one_that_left() -> None:
    state = (*STATE, application("old"), recorded("ConfigMap:old/x", "old"))
    keep = kept([left_out("brand-new")], state, live(y="old"), web_2())
    assert {"ConfigMap:old/x", "ConfigMap:web/x", "ConfigMap:web-2/old"} <= names(keep.urns)
    assert ObjectKey.of("ConfigMap:n/y") in keep.objects
    assert "ConfigMap:web-2/x" not in names(keep.urns)


def test_a_foundation_that_the_broken_one_owns_is_taken_out_of_the_plan_of_those_who_share_it() -> None:
    plan = plan_of(
        [given.application("web-2")],
        given.manifest("Namespace", "shared", of="web-2", namespace=""),
        given.manifest("ConfigMap", of="web-2", namespace="shared"),
    )
    state = (*STATE, recorded("Namespace:shared", "web"))
    keep = kept([left_out("web")], state, {}, plan)
    assert "Namespace:shared" in names(keep.urns)
    [config, gate] = plan.without(keep.owned).steps
    assert (config.name, config.after, gate.after) == ("ConfigMap:shared/x", (), ("ConfigMap:shared/x",))
