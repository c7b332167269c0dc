"""The construct as a whole: what it makes, and what the function and CloudFormation are told."""

import json
import subprocess
import sys
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_

import constructs_lib
from constructs_lib.custom_resource import IdempotentProvider
from constructs_lib.runtime.custom_resource.contract import ENTRY_POINT, ENVIRONMENT, Settings
from tests.helpers.provider import GROUP, child, cycle_in, provider, settings, with_resource
from tests.helpers.synth import (
    FLAGS,
    check_deployable,
    function,
    literal,
    new_app,
    new_stack,
    of_type,
    properties,
    statements,
    template,
    the,
    warnings,
)

#: What is there without the construct, and what its counts leave out.
AUTHORS = ("AWS::Lambda::Function", "AWS::IAM::Role", GROUP)
UNCOUNTED = ("AWS::Lambda::LayerVersion", "AWS::CloudWatch::Alarm", "AWS::Logs::LogGroup")
ROLE_ARN = "arn:aws:iam::123456789012:role/groups"


def types(stack: Stack) -> list[str]:
    return [resource["Type"] for resource in template(stack)["Resources"].values()]


def resource_of(stack: Stack) -> dict[str, Any]:
    (resource,) = of_type(stack, GROUP).values()
    return resource


# ---- what it makes --------------------------------------------------------------------------------------------------


@FLAGS
def test_a_provider_is_a_table_a_policy_and_an_invoke_configuration(flags: dict[str, Any]) -> None:
    stack = new_stack(scope=new_app(**flags))

    with_resource(stack)

    found = types(stack)
    for each in AUTHORS:
        found.remove(each)
    assert sorted(each for each in found if each not in UNCOUNTED) == [
        "AWS::DynamoDB::Table",
        "AWS::IAM::Policy",
        "AWS::Lambda::EventInvokeConfig",
    ]
    assert (found.count("AWS::CloudWatch::Alarm"), found.count("AWS::Lambda::LayerVersion")) == (3, 1)


@FLAGS
def test_polls_adds_a_state_machine_its_role_and_its_policy(flags: dict[str, Any]) -> None:
    stack = new_stack(scope=new_app(**flags))

    with_resource(stack, polls=True)

    found = types(stack)
    for each in AUTHORS:
        found.remove(each)
    assert sorted(each for each in found if each not in UNCOUNTED) == [
        "AWS::DynamoDB::Table",
        *["AWS::IAM::Policy"] * 2,
        "AWS::IAM::Role",
        "AWS::Lambda::EventInvokeConfig",
        "AWS::StepFunctions::StateMachine",
    ]


@pytest.mark.parametrize("polls", [False, True])
def test_there_is_no_function_but_the_authors(polls: bool) -> None:
    stack = new_stack()

    with_resource(stack, polls=polls)

    assert types(stack).count("AWS::Lambda::Function") == 1


def test_the_function_is_all_that_is_needed() -> None:
    stack = new_stack()

    found = with_resource(stack)

    assert found.findings == []
    assert found.state_machine is None
    assert warnings(stack) == []


def test_the_ids_of_its_children_are_a_promise() -> None:
    """Whoever changes one replaces a table of records in somebody's account."""
    found = provider(new_stack(), polls=True)

    assert {each.node.id for each in found.node.children} == {
        "Table",
        "Policy",
        "AsyncInvokeConfig",
        "StateMachine",
        "StateMachineByArn",
        "StateMachineLog",
        "StateMachinePolicy",
        "StateMachineRole",
        "AmbiguousAlarm",
        "OrphanedAlarm",
        "UndeliverableAlarm",
    }


def test_the_packages_root_knows_the_construct_without_importing_it() -> None:
    assert constructs_lib.IdempotentProvider is IdempotentProvider
    code = "import constructs_lib.runtime.custom_resource, sys; print('aws_cdk' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"


def test_all_arguments_are_given_by_name() -> None:
    stack = new_stack()

    with pytest.raises(TypeError, match="positional"):
        IdempotentProvider(stack, "Provider", function(stack))  # type: ignore[call-arg]


def test_an_app_may_be_synthesised_twice() -> None:
    app = new_app()
    with_resource(new_stack(scope=app), polls=True)

    app.synth()
    app.synth(force=True)


# ---- what the function gets -----------------------------------------------------------------------------------------


def test_lambda_calls_the_librarys_entry_point_and_that_the_authors_handler() -> None:
    stack = new_stack()
    handler = function(stack, handler="groups.handler")

    provider(stack, handler=handler)

    assert properties(handler)["Handler"] == ENTRY_POINT
    assert settings(handler).author_handler == "groups.handler"
    assert [{"Ref": layer} for layer in of_type(stack, "AWS::Lambda::LayerVersion")] == properties(handler)["Layers"]


def test_the_function_reads_what_the_provider_was_told() -> None:
    stack = new_stack()
    handler = function(stack)

    found = provider(
        stack,
        handler=handler,
        total_timeout=Duration.minutes(20),
        on_orphan="report",
        grace=Duration.seconds(1),
        polls=True,
    )

    (table,) = of_type(stack, "AWS::DynamoDB::Table")
    (machine,) = of_type(stack, "AWS::StepFunctions::StateMachine")
    name = found.metric_ambiguous().dimensions
    assert name is not None
    assert settings(handler) == Settings(
        table_name=f"{{{table}}}",
        provider=name["Provider"],
        author_handler="index.handler",
        total_timeout=1200,
        grace=1,
        on_orphan="report",
        state_machine_arn=f"{{{machine}}}",
    )


def test_settings_that_are_left_out_are_those_of_the_contract() -> None:
    stack = new_stack()
    handler = function(stack)

    provider(stack, handler=handler)

    found = settings(handler)
    assert found == Settings(table_name=found.table_name, provider=found.provider, author_handler="index.handler")


def test_a_vendored_package_has_the_entry_point_too() -> None:
    stack = new_stack()
    handler = function(stack)

    found = provider(stack, handler=handler, runtime="provided")

    assert properties(handler)["Handler"] == ENTRY_POINT
    assert "Layers" not in properties(handler)
    assert set(found.environment) == {ENVIRONMENT}
    assert settings(handler).author_handler == "index.handler"


def test_a_container_image_keeps_its_handler_and_gets_the_settings() -> None:
    stack = new_stack()
    repository = cdk.aws_ecr.Repository.from_repository_name(stack, "Repository", "groups")
    handler = lambda_.DockerImageFunction(
        stack, "Function", code=lambda_.DockerImageCode.from_ecr(repository), timeout=Duration.seconds(10)
    )

    provider(stack, handler=handler, runtime="provided")

    assert "Handler" not in properties(handler)
    assert settings(handler).author_handler is None


def test_what_an_imported_functions_environment_needs_is_known_by_name() -> None:
    stack = new_stack(env=cdk.Environment(account="123456789012", region="eu-west-1"))
    handler = lambda_.Function.from_function_attributes(
        stack,
        "Function",
        function_arn="arn:aws:lambda:eu-west-1:123456789012:function:groups",
        role=iam.Role.from_role_arn(stack, "Role", ROLE_ARN),
    )

    found = provider(stack, handler=handler, runtime="provided", polls=True)
    found.custom_resource("Web", resource_type=GROUP)

    known = Settings.from_json(literal(stack.resolve(found.environment[ENVIRONMENT])))
    assert known.table_name == properties(found.table)["TableName"]
    assert known.author_handler is None
    assert str(known.state_machine_arn).startswith("arn:aws:states:eu-west-1:123456789012:stateMachine:Shop-Provider-")
    assert the(stack, "AWS::Lambda::EventInvokeConfig")["FunctionName"] == "groups"
    assert [finding.rule for finding in found.findings] == ["timeout", "environment"]
    check_deployable(stack)


@pytest.mark.parametrize("live", [False, True], ids=["version", "alias"])
def test_a_version_or_an_alias_is_retried_as_such(live: bool) -> None:
    stack = new_stack()
    handler = function(stack)
    version = handler.current_version
    called = lambda_.Alias(stack, "Live", alias_name="live", version=version) if live else version

    found = provider(stack, handler=called, runtime="provided")
    found.custom_resource("Web", resource_type=GROUP)

    config = the(stack, "AWS::Lambda::EventInvokeConfig")
    assert config["FunctionName"] == stack.resolve(handler.function_name)
    assert config["Qualifier"] == ("live" if live else stack.resolve(version.version))
    assert config["DestinationConfig"]["OnFailure"]["Destination"] == stack.resolve(found.service_token)
    assert cycle_in(stack.node.root) == []


# ---- permissions ----------------------------------------------------------------------------------------------------


def granted(stack: Stack, found: IdempotentProvider) -> dict[str, str]:
    return {
        json.dumps(statement["Action"]): json.dumps(stack.resolve(statement["Resource"]))
        for statement in statements(child(found, "Policy"))
    }


def test_the_function_may_update_items_and_call_itself_and_no_more() -> None:
    stack = new_stack()
    handler = function(stack)
    found = provider(stack, handler=handler)

    assert granted(stack, found) == {
        '"dynamodb:UpdateItem"': json.dumps(stack.resolve(found.table.table_arn)),
        '"lambda:InvokeFunction"': json.dumps(stack.resolve(handler.function_arn)),
    }
    policy = properties(child(found, "Policy"))
    assert handler.role is not None
    assert policy["Roles"] == [stack.resolve(handler.role.role_name)]


def test_with_polls_it_may_start_its_state_machine_too() -> None:
    stack = new_stack()
    found = provider(stack, polls=True)

    assert found.state_machine is not None
    arn = json.dumps(stack.resolve(found.state_machine.state_machine_arn))
    assert granted(stack, found)['"states:StartExecution"'] == arn


def test_with_a_key_it_may_use_that_key_and_no_action_is_a_wildcard() -> None:
    stack = new_stack()
    key = kms.Key(stack, "Key")
    found = provider(stack, encryption_key=key)

    (actions,) = [json.loads(each) for each in granted(stack, found) if "kms" in each]
    assert "kms:Decrypt" in actions
    assert not [each for each in actions if "*" in each]
    assert granted(stack, found)[json.dumps(actions)] == json.dumps(stack.resolve(key.key_arn))


def test_with_a_table_that_has_a_key_it_may_use_that_key() -> None:
    stack = new_stack()
    key = kms.Key(stack, "Key")
    table = dynamodb.Table(
        stack,
        "Records",
        partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
        encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
        encryption_key=key,
    )

    found = provider(stack, table=table)

    assert json.dumps(stack.resolve(key.key_arn)) in granted(stack, found).values()


# ---- the table ------------------------------------------------------------------------------------------------------


def test_the_table_is_billed_by_request_restorable_encrypted_and_stays() -> None:
    stack = new_stack()
    found = provider(stack)

    (table,) = of_type(stack, "AWS::DynamoDB::Table").values()
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert table["Properties"] == {
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "SSESpecification": {"SSEEnabled": True},
        "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": True},
    }
    assert found.findings == []


def test_the_table_may_have_a_key_and_go_with_its_stack() -> None:
    stack = new_stack()
    key = kms.Key(stack, "Key")

    provider(stack, encryption_key=key, removal_policy=RemovalPolicy.DESTROY)

    (table,) = of_type(stack, "AWS::DynamoDB::Table").values()
    assert table["DeletionPolicy"] == "Delete"
    assert table["Properties"]["SSESpecification"] == {
        "SSEEnabled": True,
        "SSEType": "KMS",
        "KMSMasterKeyId": stack.resolve(key.key_arn),
    }


@pytest.mark.parametrize("kind", [dynamodb.Table, dynamodb.TableV2])
def test_two_providers_share_a_table(kind: Any) -> None:  # noqa: ANN401 - a class of tables
    stack = new_stack()
    key = dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING)
    table = kind(stack, "Records", partition_key=key, time_to_live_attribute="ttl")

    found = [
        provider(
            stack, name, handler=function(stack, f"{name}Function"), table=table, acknowledge={"recovery": "a test"}
        )
        for name in ("One", "Two")
    ]

    assert [each.table for each in found] == [table, table]
    assert [each.rule for each in found[0].findings] == ["recovery"]
    assert len([each for each in types(stack) if each.startswith("AWS::DynamoDB")]) == 1
    check_deployable(stack)


# ---- retries and the custom resource --------------------------------------------------------------------------------


def test_a_failed_event_comes_twice_more_and_then_as_the_record_of_its_failure() -> None:
    stack = new_stack()
    found = provider(stack, total_timeout=Duration.minutes(10))

    token = stack.resolve(found.service_token)
    assert the(stack, "AWS::Lambda::EventInvokeConfig") == {
        "FunctionName": {"Ref": token["Fn::GetAtt"][0]},
        "Qualifier": "$LATEST",
        "MaximumRetryAttempts": 2,
        "MaximumEventAgeInSeconds": 660,
        "DestinationConfig": {"OnFailure": {"Destination": token}},
    }


def test_lambda_finds_the_permission_when_it_tries_it() -> None:
    stack = new_stack()
    provider(stack)

    (config,) = of_type(stack, "AWS::Lambda::EventInvokeConfig").values()
    (policy,) = of_type(stack, "AWS::IAM::Policy")
    assert config["DependsOn"] == [policy]


def test_a_custom_resource_is_cloudformations_with_the_functions_token() -> None:
    stack = new_stack()
    found = provider(stack, total_timeout=Duration.minutes(10))

    resource = found.custom_resource("Web", resource_type=GROUP, properties={"Name": "web", "Capacity": 3})

    assert isinstance(resource, cdk.CustomResource)
    assert resource.node.path == "Shop/Provider/Web"
    assert resource_of(stack)["Properties"] == {
        "ServiceToken": stack.resolve(found.service_token),
        "ServiceTimeout": 660,
        "Name": "web",
        "Capacity": 3,
    }


def test_a_custom_resource_goes_before_all_that_its_delete_needs() -> None:
    stack = new_stack()

    found = with_resource(stack, polls=True)

    needed = ("Table", "Policy", "AsyncInvokeConfig", "StateMachine", "StateMachinePolicy")
    resources = [child(found, name).node.default_child or child(found, name) for name in needed]
    ids = [stack.resolve(each.logical_id) for each in resources if isinstance(each, cdk.CfnElement)]
    assert sorted(resource_of(stack)["DependsOn"]) == sorted(ids)


def test_a_custom_resource_may_be_anywhere_in_the_app() -> None:
    app = new_app()
    stack, other = new_stack(scope=app), new_stack("Other", scope=app)
    found = provider(stack)

    resource = found.custom_resource("Web", resource_type=GROUP, scope=other)
    cdk.CfnOutput(stack, "Unrelated", value="1")

    assert resource.node.path == "Other/Web"
    assert resource_of(other)["Properties"]["ServiceToken"].keys() == {"Fn::ImportValue"}
    assert [each.stack_name for each in other.dependencies] == ["Shop"]
    check_deployable(app)


def test_properties_may_be_of_any_shape_and_refer_to_other_resources() -> None:
    stack = new_stack()
    bucket = cdk.aws_s3.Bucket(stack, "Bucket")

    provider(stack).custom_resource(
        "Web", resource_type=GROUP, properties={"Tags": [{"Key": "team"}], "Bucket": bucket.bucket_name}
    )

    found = resource_of(stack)["Properties"]
    assert found["Tags"] == [{"Key": "team"}]
    assert found["Bucket"] == stack.resolve(bucket.bucket_name)
