"""A CDK that the constructs do not work with ends in a message, not in a name that the CDK does not have."""

import re
import tomllib
from importlib import metadata
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_

from constructs_lib import Downstream, FlowControlledQueue, _cdk

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("version", ["2.125.0", "2.125.1", "2.275.0", "2.999.0rc1", "local"])
def test_a_version_within_the_range_passes(version: str) -> None:
    _cdk.check_version(version)


@pytest.mark.parametrize("version", ["1.204.0", "2.1.0", "2.124.0", "3.0.0"])
def test_a_version_out_of_the_range_is_refused_with_value_range_and_fix(version: str) -> None:
    message = (
        f"aws-cdk-lib {version} is installed, constructs-lib needs 2.125.0 or newer, below 3.0.0: "
        'pip install "aws-cdk-lib>=2.125.0,<3"'
    )

    with pytest.raises(RuntimeError, match=f"^{re.escape(message)}$"):
        _cdk.check_version(version)


def test_the_range_is_the_one_that_pip_sees() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    oldest = ".".join(map(str, _cdk.OLDEST))
    assert f"aws-cdk-lib>={oldest},<{_cdk.BELOW[0]}" in project["dependencies"]


def test_a_construct_refuses_a_cdk_that_is_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: "2.124.0" if name == "aws-cdk-lib" else installed(name))
    stack = cdk.Stack()
    function = lambda_.Function(
        stack,
        "Function",
        runtime=lambda_.Runtime.PYTHON_3_12,
        handler="index.handler",
        code=lambda_.Code.from_inline("def handler(event, context): ..."),
    )

    with pytest.raises(RuntimeError, match=r"aws-cdk-lib 2\.124\.0 is installed"):
        FlowControlledQueue(stack, "Flow", consumer=function, downstream=Downstream(calls_per_second=1))
