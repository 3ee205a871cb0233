"""What holds for all tests.

The engine's SDK comes first: the provider enters its packages without it where nobody imported it before.
"""

import os

import pulumi
import pytest
from hypothesis import HealthCheck, settings

assert pulumi.ComponentResource
# An assertion of what several live tests share tells its values too.
pytest.register_assert_rewrite("tests.live")
# A machine that does other work too is slow at times; that says nothing about the code.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: many tests wait for a process, a server or a clock."""
    return (os.cpu_count() or 1) + 1


def pytest_addoption(parser: pytest.Parser) -> None:
    """The one way to change a golden file."""
    parser.addoption(
        "--renew-golden", action="store_true", help="write what commands print into tests/cli/golden"
    )
