"""Each cold start pays for what is imported before there is an event."""

from tests.helpers.isolated import run_isolated

IMPORTS = """
from constructs_lib.runtime._shared import change, run, store
from constructs_lib.runtime.custom_resource import log, outbound, request, response, token

slow = {"asyncio", "boto3", "botocore", "dataclasses", "datetime", "decimal", "email", "http", "inspect", "ipaddress",
        "random", "socket", "ssl", "tempfile", "urllib", "uuid"}
print(sorted(slow & set(sys.modules)))
"""


def test_nothing_slow_comes_along() -> None:
    # Without site packages, as in Lambda: what is imported at all is imported from the standard library.
    run = run_isolated(IMPORTS)

    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == "[]"
