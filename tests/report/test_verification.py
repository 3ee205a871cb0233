"""What checks measured, as people and machines read it."""

from gitops.model.verification import Check, Command, Measurement, Verified
from gitops.report.verification import as_line, as_summary

CHECK = Check("smoke", Command(("true",)), failure_limit=1)
WELL, ILL = Measurement(well=True, seen="answered 200"), Measurement(well=False, seen="answered 503")


def test_a_check_that_passed_shows_its_last_measurement_and_one_that_failed_its_first_failure() -> None:
    late = Measurement(well=False, seen="answered 500")
    assert as_summary([Verified(CHECK, (ILL, WELL)), Verified(CHECK, (WELL, ILL, late))]) == (
        "CHECK  RESULT  FAILED  SEEN\n"
        "smoke  passed  1 of 2  answered 200\n"
        "smoke  failed  2 of 3  answered 503"
    )


def test_a_measurement_is_a_line() -> None:
    assert as_line(CHECK, WELL) == "smoke: well: answered 200"
    assert as_line(CHECK, ILL) == "smoke: failed: answered 503"
