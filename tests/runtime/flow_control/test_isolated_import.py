"""What Lambda sees: the library's own folder and the standard library, nothing else."""

import pytest

from tests.helpers.isolated import run_isolated

WHOLE_RUN = """
from constructs_lib.runtime.flow_control import flow_controlled

@flow_controlled
def handler(message):
    assert message.body == {"order_id": 1}

event = {"Records": [{"messageId": "1", "body": '{"order_id": 1}'}]}
assert handler(event, None) == {"batchItemFailures": []}
slow = {"dataclasses", "inspect", "random", "email", "datetime", "asyncio", "http", "socket", "decimal"}
print(sorted(slow & set(sys.modules)))
"""


def test_it_imports_and_handles_a_batch_with_nothing_installed() -> None:
    run = run_isolated(WHOLE_RUN)

    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == "[]", "slow modules came along"


@pytest.mark.parametrize("module", ["boto3", "aws_cdk"])
def test_the_block_of_the_test_above_blocks(module: str) -> None:
    script = WHOLE_RUN.replace("from constructs_lib", f"import {module}\nfrom constructs_lib")

    run = run_isolated(script)

    assert f"{module} was imported" in run.stderr


def test_the_package_exports_what_it_says() -> None:
    import constructs_lib.runtime.flow_control as package  # noqa: PLC0415 - the namespace itself is under test

    assert sorted(package.__all__) == ["Message", "PermanentError", "RetryLater", "flow_controlled"]
    assert all(hasattr(package, name) for name in package.__all__)
