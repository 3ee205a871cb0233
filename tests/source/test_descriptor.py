from __future__ import annotations

import pytest

from gitops.model.errors import Problems
from gitops.model.rollout.canary import Canary
from gitops.model.rollout.section import RolloutSection
from gitops.source.argo.projectspec import OwnWindow
from gitops.source.descriptor import Descriptor, Ignored, Timeouts, read_descriptor

KEYS = {
    "wave: -1": Descriptor(wave=-1),
    "namespace: shop": Descriptor(namespace="shop"),
    "createNamespace: false": Descriptor(create_namespace=False),
    "dependsOn: [a, b]": Descriptor(depends_on=("a", "b")),
    "project: house": Descriptor(project="house"),
    "critical: yes": Descriptor(critical=True),
    "prune: off": Descriptor(prune=False),
    "selfHeal: false": Descriptor(self_heal=False),
    "rollbackOnFailure: true": Descriptor(rollback_on_failure=True),
    "hooks: every-sync": Descriptor(hooks="every-sync"),
    "ignoreDifferences: [{kind: Secret, jsonPointers: [/data]}]": Descriptor(
        ignore_differences=(Ignored("Secret", json_pointers=("/data",)),)
    ),
    "healthRules: [{kind: X}]": Descriptor(health_rules=({"kind": "X"},)),
    "syncWindows: [{kind: deny, schedule: '@daily', duration: 1h, syncOverrun: true}]": Descriptor(
        sync_windows=(OwnWindow("deny", "@daily", "1h", sync_overrun=True),)
    ),
    "rollout: {canary: {}}": Descriptor(rollout=RolloutSection(canary=Canary())),
    "timeouts: {health: 5m, rollout: 1h}": Descriptor(timeouts=Timeouts("5m", "1h")),
    "revertOnFailure: true": Descriptor(revert_on_failure=True),
}


def read(content: str | bytes) -> tuple[Descriptor, list[str]]:
    problems = Problems()
    found = read_descriptor(content if isinstance(content, bytes) else content.encode(), "f", "web", problems)
    assert all(problem.application == "web" and problem.next_step for problem in problems)
    return found, [str(problem).splitlines()[0] for problem in problems]


def test_every_key_is_in_the_table() -> None:
    stated = {text.partition(":")[0] for text in KEYS}
    assert stated == set(Descriptor.__struct_encode_fields__)


@pytest.mark.parametrize(("text", "descriptor"), KEYS.items())
def test_a_key_is_read(text: str, descriptor: Descriptor) -> None:
    assert read(text) == (descriptor, [])


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n", "{}"])
def test_an_empty_file_says_nothing(text: str) -> None:
    assert read(text) == (Descriptor(), [])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("wave: 1\nnamepsace: x", "f:2: key `namepsace` is not known"),
        ("\n\ntimeouts:\n  helath: 5m", "f:4: key `timeouts.helath` is not known"),
        ("prune: true\nwave: soon", "f:2: `wave`: Expected `int | null`, got `str`"),
        ("wave: true", "f:1: `wave`: Expected `int | null`, got `bool`"),
        ("wave: 1.5", "f:1: `wave`: Expected `int | null`, got `float`"),
        ("wave: 99999999", "f:1: `wave`: Expected `int` <= 1000000"),
        ("critical: 'yes'", "f:1: `critical`: Expected `bool`, got `str`"),
        ("namespace: Shop", "f:1: `namespace`: Expected `str` matching regex"),
        ("namespace: [a]", "f:1: `namespace`: Expected `str | null`, got `array`"),
        ("dependsOn:\n  - a\n  - 5", "f:3: `dependsOn[1]`: Expected `str`, got `int`"),
        ("dependsOn: a", "f:1: `dependsOn`: Expected `array`, got `str`"),
        ("timeouts:\n  health: 5", "f:2: `timeouts.health`: Expected `str`, got `int`"),
        ("timeouts:\n  health: soon", "f:2: 'soon' is not a duration such as 90s, 5m or 1h30m"),
        ("timeouts:\n  health: 0s", "f:2: '0s' is not longer than nothing"),
        ("- a", "f:1: Expected `object`, got `array`"),
        ("text", "f:1: Expected `object`, got `str`"),
        ("a: 1\na: 2", "f:2: key 'a' is there twice"),
        ("wave: 1\n---\nwave: 2", "f:3: only one document is expected"),
        ("wave: [", "f:2: did not find expected node content"),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_nothing_of_the_file_is_used(text: str, told: str) -> None:
    descriptor, [problem] = read(text)
    assert problem.startswith(told)
    assert descriptor == Descriptor()


def test_an_unknown_key_lists_the_known_ones() -> None:
    problems = Problems()
    read_descriptor(b"tiemouts: {}", "f", "web", problems)
    [problem] = problems
    assert problem.next_step == f"the keys are: {', '.join(sorted(Descriptor.__struct_encode_fields__))}"


def test_a_file_that_is_not_text_is_a_problem() -> None:
    assert read(b"\xff\x00\xfe")[1] == ["f: the file is not UTF-8 text"]


@pytest.mark.parametrize(
    ("window", "said"),
    [
        ("kind: deny, schedule: soon, duration: 1h", "syncWindows[0]: 'soon' is not a schedule"),
        ("kind: deny, schedule: '@daily', duration: long", "syncWindows[0]: "),
        (
            "kind: deny, schedule: '@daily', duration: 1h, timeZone: Mars",
            "syncWindows[0]: 'Mars' is not a time zone",
        ),
        ("kind: never, schedule: '@daily', duration: 1h", "kind"),
        ("kind: deny, schedule: '@daily', duration: 1h, applications: ['*']", "applications"),
    ],
)
def test_a_window_that_can_not_be_one_is_told_with_its_line(window: str, said: str) -> None:
    found, problems = read(f"wave: 5\nsyncWindows:\n- {{{window}}}\n")
    assert found == Descriptor()
    assert said in problems[0]
    assert problems[0].startswith("f:")
