"""Functions that cannot check, or cannot be told of a check: each is refused, with the fix."""

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import Duration
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from constructs_lib.delayed_check import DelayedCheck
from tests.helpers.check import EU, US, check, refused
from tests.helpers.synth import function, new_app, new_stack

SECONDS = Duration.seconds
Make = Callable[[Construct], lambda_.IFunction]
Grant = Callable[[DelayedCheck, lambda_.IFunction], iam.Grant]
NODE: dict[str, Any] = {"runtime": lambda_.Runtime.NODEJS_22_X, "code": lambda_.Code.from_inline("exports.handler = 0")}


def imported(scope: Construct) -> lambda_.IFunction:
    return lambda_.Function.from_function_name(scope, "Function", "checks")


def alias(scope: Construct) -> lambda_.IFunction:
    return lambda_.Alias(scope, "Live", alias_name="live", version=function(scope).current_version)


def version(scope: Construct) -> lambda_.IFunction:
    return function(scope).current_version


def image(scope: Construct) -> lambda_.IFunction:
    repository = ecr.Repository.from_repository_name(scope, "Repository", "checks")
    code = lambda_.DockerImageCode.from_ecr(repository)
    return lambda_.DockerImageFunction(scope, "Function", code=code, timeout=SECONDS(10))


def node(scope: Construct) -> lambda_.IFunction:
    return function(scope, **NODE)


def frozen_role(scope: Construct) -> lambda_.IFunction:
    role = iam.Role.from_role_arn(scope, "Role", "arn:aws:iam::123456789012:role/checks", mutable=False)
    return function(scope, role=role)


def far(scope: Construct) -> lambda_.IFunction:
    app = scope.node.root
    assert isinstance(app, cdk.App)
    return function(new_stack("Far", scope=app, env=US))


BAD_FUNCTIONS = pytest.mark.parametrize(
    ("make", "match"),
    [
        (imported, r"is imported .*no environment can be added.*runtime=\"provided\""),
        (alias, r"alias or a version"),
        (version, r"alias or a version"),
        (image, r"container image"),
        (node, r"runs on nodejs22.x"),
        (frozen_role, r"cannot be changed"),
        (far, r"is in region us-east-1 and the check in region eu-west-1.*same env"),
    ],
)


@BAD_FUNCTIONS
def test_a_function_that_cannot_check_is_refused(make: Make, match: str) -> None:
    stack = new_stack(scope=new_app(), env=EU)

    refused(stack, f"handler .*{match}", handler=make(stack))


@BAD_FUNCTIONS
@pytest.mark.parametrize("grant", [DelayedCheck.grant_start, DelayedCheck.grant_record_outcome])
def test_a_function_that_cannot_be_told_of_the_check_is_refused(grant: Grant, make: Make, match: str) -> None:
    app = new_app()
    stack = new_stack(scope=app, env=EU)
    found = check(new_stack("Checks", scope=app, env=EU))

    with pytest.raises(ValueError, match=f"fn .*{match}"):
        grant(found, make(stack))


def test_what_is_no_function_is_refused() -> None:
    stack = new_stack()
    refused(stack, r"handler must be a Lambda function .*got 'checks'", handler="checks")
    with pytest.raises(ValueError, match=r"fn must be a Lambda function .*got 'checks'"):
        check(stack).grant_start("checks")  # type: ignore[arg-type]  # the point


@pytest.mark.parametrize("runtime", ["none", "zip", None])
def test_the_runtime_reaches_the_function_in_one_of_two_ways(runtime: object) -> None:
    refused(new_stack(), r'runtime must be "layer" or "provided", got', runtime=runtime)
