from __future__ import annotations

from gitops.model.errors import Problems
from gitops.waves.dependencies import check_dependencies, in_order
from tests import given


def told(**needs: str) -> list[str]:
    """The problems of applications in one wave, each with the names it depends on."""
    problems = Problems()
    check_dependencies(
        [given.application(name, depends_on=tuple(n.split())) for name, n in needs.items()], problems
    )
    return [str(problem) for problem in problems]


def test_dependencies_of_the_same_and_an_earlier_wave_are_fine() -> None:
    problems = Problems()
    needy = given.application("b", 20, depends_on=("a", "early"))
    check_dependencies([needy, given.application("a", 20), given.application("early", 1)], problems)
    assert not problems.found


def test_an_unknown_name_is_told_where_it_is_written() -> None:
    [text] = told(web="db")
    assert text.startswith(
        "k8s/02-apps/web/gitops.yaml: dependsOn names 'db', and there is no such application"
    )


def test_an_application_of_a_later_wave_can_not_be_waited_for() -> None:
    problems = Problems()
    check_dependencies(
        [given.application("web", 1, depends_on=("db",)), given.application("db", 2)], problems
    )
    [problem] = problems
    assert problem.what == "dependsOn names 'db' of wave 2, but 'web' is in wave 1 and comes before it"


def test_a_circle_is_told_as_a_chain_that_can_be_read() -> None:
    [text] = told(web="db", db="cache", cache="web", other="")
    assert "dependsOn goes in a circle: cache → web → db → cache" in text


def test_a_circle_of_two_and_of_one() -> None:
    assert "in a circle: a → b → a" in told(a="b", b="a")[0]
    assert "in a circle: a → a" in told(a="a")[0]


def test_everything_wrong_is_told_at_once() -> None:
    assert len(told(a="b", b="a", c="gone", d="lost gone")) == 4


def test_applications_come_after_what_they_depend_on_else_by_wave_and_name() -> None:
    applications = [
        given.application("a", 20, depends_on=("z", "not-here")), given.application("z", 20),
        given.application("m", 10), given.application("b", 20),
    ]  # fmt: skip
    assert [item.name for item in in_order(applications)] == ["m", "b", "z", "a"]
