"""What Lambda sees: the library's own folder and the standard library, nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest

import constructs_lib

ROOT = Path(constructs_lib.__file__).parents[1]

WHOLE_RUN = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"boto3", "botocore", "aws_cdk", "constructs", "jsii", "aws_lambda_powertools"}:
            raise AssertionError(f"{name} was imported")

sys.meta_path.insert(0, Blocked())
sys.path.insert(0, sys.argv[1])
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
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", WHOLE_RUN, str(ROOT)], capture_output=True, text=True, check=False
    )

    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == "[]", "slow modules came along"


@pytest.mark.parametrize("module", ["boto3", "aws_cdk"])
def test_the_block_of_the_test_above_blocks(module: str) -> None:
    script = WHOLE_RUN.replace("from constructs_lib", f"import {module}\nfrom constructs_lib")

    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script, str(ROOT)], capture_output=True, text=True, check=False
    )

    assert f"{module} was imported" in run.stderr


def test_the_package_exports_what_it_says() -> None:
    import constructs_lib.runtime.flow_control as package  # noqa: PLC0415 - the namespace itself is under test

    assert sorted(package.__all__) == ["Message", "PermanentError", "RetryLater", "flow_controlled"]
    assert all(hasattr(package, name) for name in package.__all__)
