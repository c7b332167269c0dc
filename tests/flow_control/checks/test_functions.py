"""The functions that consume queues: Lambda's defaults, what is reserved, where failures go, and their code."""

from pathlib import Path

import pytest

from constructs_lib._unknown import UNKNOWN
from constructs_lib.flow_control.checks.app import App
from constructs_lib.flow_control.checks.functions import Function, Functions
from tests.helpers.plain_resources import UNSEEN, Body, app, arn, function, mapping, of_type, ref, template


def read(given: Body, **others: Body) -> Function:
    """The function as it is read, beside other resources."""
    of = app(Consumer=given, Mapping=mapping(), **others)
    [resource] = of.of_type("AWS::Lambda::EventSourceMapping")
    return Functions(of).at(resource, ref("Consumer"))


def test_a_silent_template_means_the_defaults_of_lambda() -> None:
    found = read(function())

    assert found.timeout == 3
    assert (found.timeout_is_set, found.memory_is_set) == (False, False)
    assert (found.reserved_concurrency, found.async_destination) == (None, None)


def test_what_is_set_is_read() -> None:
    found = read(function(Timeout=10, MemorySize="256", ReservedConcurrentExecutions=0))

    assert (found.timeout, found.timeout_is_set, found.memory_is_set, found.reserved_concurrency) == (10, True, True, 0)


def test_what_a_parameter_sets_is_set_and_unknown() -> None:
    found = read(function(Timeout=UNSEEN, MemorySize=UNSEEN, ReservedConcurrentExecutions=UNSEEN))

    assert found.timeout is found.reserved_concurrency is UNKNOWN
    assert (found.timeout_is_set, found.memory_is_set) == (True, True)


NO_VALUE = ref("AWS::NoValue")
INCLUDED = {"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": "s3://bucket/key"}}}


@pytest.mark.parametrize(
    "given",
    [
        function(
            DeadLetterConfig={"Fn::If": ["C", {"TargetArn": arn("Dead")}, NO_VALUE]},
            Timeout={"Fn::If": ["C", 10, NO_VALUE]},
            MemorySize={"Fn::If": ["C", NO_VALUE, 256]},
        ),
        function(**INCLUDED),
        {"Type": "AWS::Lambda::Function", "Properties": INCLUDED},
        function(DeadLetterConfig={"TargetArn": INCLUDED}, Timeout=INCLUDED, MemorySize={"Fn::If": "nonsense"}),
    ],
    ids=["condition", "include", "all included", "value"],
)
def test_what_the_deployment_decides_may_be_set(given: Body) -> None:
    found = read(given)

    assert found.timeout_is_set is found.memory_is_set is found.async_destination is UNKNOWN


def test_what_is_set_on_both_sides_of_a_condition_is_set() -> None:
    both = {"Fn::If": ["C", {"TargetArn": arn("Dead")}, {"TargetArn": arn("Other")}]}
    found = read(function(DeadLetterConfig=both, Timeout={"Fn::If": ["C", 10, 20]}))

    assert (found.async_destination, found.timeout_is_set) == ("its DeadLetterConfig", True)
    assert read(function(Timeout={"Fn::If": ["C", NO_VALUE, NO_VALUE]})).timeout_is_set is False


def test_an_invoke_config_may_have_a_destination_for_failures() -> None:
    destination = {"Fn::If": ["C", {"OnFailure": {"Destination": arn("Dead")}}, NO_VALUE]}
    config = of_type("AWS::Lambda::EventInvokeConfig", FunctionName=ref("Consumer"), DestinationConfig=destination)

    assert read(function(), Config=config).async_destination is UNKNOWN


def test_its_own_dead_letter_config_is_where_asynchronous_failures_go() -> None:
    assert read(function(DeadLetterConfig={"TargetArn": arn("Dead")})).async_destination == "its DeadLetterConfig"


@pytest.mark.parametrize("named", [ref("Consumer"), arn("Consumer"), {"Fn::Sub": "${Consumer.Arn}:live"}])
def test_so_is_the_destination_of_an_invoke_config(named: object) -> None:
    destination = {"OnFailure": {"Destination": "arn:aws:sqs:eu-west-1:111122223333:failed"}}
    config = of_type("AWS::Lambda::EventInvokeConfig", FunctionName=named, DestinationConfig=destination)

    assert read(function(), Config=config).async_destination == "the destination of Config"


def test_an_invoke_config_without_a_destination_for_failures_is_none() -> None:
    config = of_type("AWS::Lambda::EventInvokeConfig", FunctionName=ref("Consumer"), MaximumRetryAttempts=0)

    assert read(function(), Config=config).async_destination is None


def test_a_function_is_one_by_its_name_its_arn_its_version_and_its_alias() -> None:
    of = app(
        Consumer=function(FunctionName="orders"),
        Version=of_type("AWS::Lambda::Version", FunctionName=ref("Consumer")),
        Alias=of_type("AWS::Lambda::Alias", FunctionName=ref("Consumer"), Name="live"),
        Mapping=mapping(),
    )
    functions, [resource] = Functions(of), of.of_type("AWS::Lambda::EventSourceMapping")

    names: list[object] = [ref("Consumer"), arn("Consumer"), "orders", ref("Version"), ref("Alias")]
    names += ["arn:aws:lambda:eu-west-1:111122223333:function:orders:live", {"Fn::Sub": "${Consumer}:live"}]
    found = {functions.at(resource, name) for name in names}

    assert [each.name for each in found] == ["Consumer"]


@pytest.mark.parametrize("named", ["arn:aws:lambda:eu-west-1:111122223333:function:theirs", UNSEEN, arn("Queue")])
def test_of_a_function_elsewhere_nothing_is_known(named: object) -> None:
    of = app(Queue=of_type("AWS::SQS::Queue"), Mapping=mapping())
    [resource] = of.of_type("AWS::Lambda::EventSourceMapping")

    found = Functions(of).at(resource, named)

    assert found.resource is None
    assert found.timeout is found.reserved_concurrency is found.code.answers_failures is UNKNOWN


def test_functions_of_one_name_in_two_stages_are_two() -> None:
    named = {"Consumer": function(FunctionName="orders"), "Mapping": mapping()}
    of = App([template(named, stage="dev"), template(named, stage="prod")])
    functions = Functions(of)

    found = [functions.at(each, "orders") for each in of.of_type("AWS::Lambda::EventSourceMapping")]

    assert [each.resource for each in found] == of.of_type("AWS::Lambda::Function")


def test_inline_code_is_read() -> None:
    assert read(function()).code.answers_failures is True
    assert read(function(Code={"ZipFile": "def handler(event, context): pass"})).code.answers_failures is False


def test_code_in_a_bucket_cannot_be_seen() -> None:
    assert read(function(Code={"S3Bucket": "b", "S3Key": "k"})).code.answers_failures is UNKNOWN


def test_code_in_a_language_that_nobody_reads_is_not_asked_about() -> None:
    assert read(function(Code={"S3Bucket": "b", "S3Key": "k"}, Runtime="java21")).code.answers_failures is None


def test_a_layer_that_nobody_can_see_may_answer_for_the_function() -> None:
    silent = {"ZipFile": "from theirs import handler"}
    layer = "arn:aws:lambda:eu-west-1:111122223333:layer:theirs:1"

    assert read(function(Code=silent)).code.answers_failures is False
    assert read(function(Code=silent, Layers=[layer])).code.answers_failures is UNKNOWN


def test_the_code_of_a_layer_that_is_here_is_read(tmp_path: Path) -> None:
    (tmp_path / "python").mkdir()
    (tmp_path / "python" / "ours.py").write_text("def handler(event, context): return {'batchItemFailures': []}")
    layer = of_type("AWS::Lambda::LayerVersion", Content={"S3Bucket": "b", "S3Key": "k"})
    layer["Metadata"] = {"aws:asset:path": str(tmp_path)}

    found = read(function(Code={"ZipFile": "from ours import handler"}, Layers=[ref("Layer")]), Layer=layer)

    assert found.code.answers_failures is True
