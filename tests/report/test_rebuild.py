from __future__ import annotations

from dataclasses import replace

from gitops.model.keys import ObjectKey
from gitops.model.rebuilt import Place, Rebuilt
from gitops.model.synced import ApplicationOutcome, Synced
from gitops.report.rebuild import as_question, as_summary
from tests import given

KEY = ObjectKey("apps", "Deployment", "web", "web")
SYNCED = Synced("prod", given.SHA, {"create": 1}, (ApplicationOutcome("web", "Synced"),))
PLACE = Place("prod", "https://prod:6443", "1f0c")
DONE = Rebuilt(PLACE, SYNCED, 0, 0, (), (KEY,), (), (), (), (), (), (), 12.4)


def test_the_question_tells_what_is_left_and_of_which_cluster() -> None:
    lines = as_question(
        given.settings(), PLACE, alive=0, others={"dev": 1}, unmanaged=2, remembered=0, deployments=0
    ).splitlines()
    assert lines == [
        "Stack     test",
        "Follows   main of file:///nowhere",
        "Context   prod at https://prod:6443",
        "Cluster   kube-system has uid 1f0c",
        "Alive     0 objects: everything is made anew",
        "Others    1 object of dev",
        "Nobody's  2 objects",
        "State     is empty or was lost",
        "History   is empty or was lost",
    ]


def test_the_last_line_is_the_verdict_and_the_code_its_kind() -> None:
    assert (DONE.exit_code, as_summary(DONE).splitlines()) == (
        0,
        [
            "prod at c0ffee000000 in 12 s: 1 object made, 0 alive before and the same now",
            "rebuilt: 1 application Synced and Healthy, nothing differs",
        ],
    )
    for change, code, told in (
        ({"waiting": ("web: Progressing: 0 of 1",)}, 9, "1 not Synced and Healthy"),
        ({"drift": ("Deployment web/web changed spec.replicas",)}, 1, "1 differing"),
        ({"recreated": (KEY,)}, 1, "1 made anew though they lived"),
        ({"unrecorded": (KEY,)}, 1, "1 unknown to the state"),
    ):
        done = replace(DONE, **change)
        assert done.exit_code == code
        assert as_summary(done).splitlines()[-1].startswith(f"not rebuilt: {told}; run it again")


def test_what_is_new_and_empty_is_told_and_a_long_list_is_cut() -> None:
    volumes = tuple(ObjectKey("", "PersistentVolumeClaim", "web", f"v{i:02}") for i in range(25))
    lines = as_summary(replace(DONE, claims=volumes)).splitlines()
    assert lines[0] == "volumes that are new, and empty: restore their data:"
    assert lines[1] == "  PersistentVolumeClaim web/v00"
    assert lines[21] == "  … and 5 more"


def test_what_failed_is_held_or_left_out_is_counted() -> None:
    outcomes = tuple(
        ApplicationOutcome(result, result) for result in ("Synced", "Failed", "Waiting", "LeftOut", "Held")
    )
    done = replace(DONE, synced=replace(SYNCED, applications=outcomes))
    assert done.exit_code == 4
    assert as_summary(done).splitlines()[-1] == (
        "not rebuilt: 1 application left out, 1 application held, 2 failed or waiting for what failed;"
        " run it again when that is mended"
    )
