"""Each cold start pays for what is imported before there is an event, and most webhooks only record an outcome."""

import pytest

from tests.helpers.isolated import run_isolated

SLOW = """
slow = {"asyncio", "dataclasses", "decimal", "email", "http", "inspect", "ipaddress", "random", "socket", "ssl",
        "tempfile", "urllib", "uuid"}
print(sorted(slow & set(sys.modules)))
"""
AUTHOR = """
from constructs_lib.runtime.delayed_check import CheckHandler

class Mine(CheckHandler):
    def is_settled(self, ctx, unit):
        return False

    def contact(self, ctx, unit, arm, token):
        return "call-1"

handler = Mine.as_handler()
answer = handler({"dry_run": ["order-1"]}, None)
assert answer == [{"unit": "order-1", "state": "DECIDED", "arm": None, "reason": None}], answer
"""


@pytest.mark.parametrize(
    "script",
    [
        "from constructs_lib.runtime.delayed_check import record_outcome, start_check",
        "from constructs_lib.runtime.delayed_check import CheckHandler, handler",
        "from constructs_lib.runtime.delayed_check import start",
        "from constructs_lib.runtime.delayed_check import outcomes",
    ],
)
def test_nothing_slow_comes_along(script: str) -> None:
    found = run_isolated(script + SLOW)

    assert found.returncode == 0, found.stderr
    assert found.stdout.strip() == "[]"


def test_a_dry_run_needs_nothing_installed() -> None:
    found = run_isolated(
        AUTHOR, CONSTRUCTS_LIB_DELAYED_CHECK_A='{"check":"late","table_name":"rows","delay":300,"deadline":600}'
    )

    assert found.returncode == 0, found.stderr


@pytest.mark.parametrize("module", ["boto3", "botocore", "aws_cdk"])
def test_the_block_of_the_tests_above_blocks(module: str) -> None:
    assert f"{module} was imported" in run_isolated(f"import {module}").stderr


def test_the_package_exports_what_it_says() -> None:
    import constructs_lib.runtime.delayed_check as package  # noqa: PLC0415 - the namespace itself is under test

    assert sorted(package.__all__) == [
        "Ambiguous",
        "CheckHandler",
        "Context",
        "InvalidInput",
        "Rejected",
        "UnknownContact",
        "bucket",
        "record_outcome",
        "start_check",
    ]
    assert all(hasattr(package, name) for name in package.__all__)
