"""What a reference refers to, seen through `App.target`."""

from pathlib import Path
from typing import Any

import pytest

from constructs_lib._unknown import UNKNOWN
from constructs_lib.flow_control.checks import templates
from constructs_lib.flow_control.checks.app import External, Resource
from tests.helpers.written_templates import app_of, named, write

QUEUE, FUNCTION, TOPIC = "AWS::SQS::Queue", "AWS::Lambda::Function", "AWS::SNS::Topic"
RESOURCES: dict[str, Any] = {
    "Queue": {"Type": QUEUE},
    "Orders": {"Type": QUEUE, "Properties": {"QueueName": "orders"}},
    "Staged": {"Type": QUEUE, "Properties": {"QueueName": {"Fn::Sub": "orders-${Stage}"}}},
    "Given": {"Type": QUEUE, "Properties": {"QueueName": {"Ref": "Stage"}}},
    "Hidden": {"Type": QUEUE, "Properties": {"QueueName": {"Fn::Sub": "hidden-${Nobody}"}}},
    "Function": {"Type": FUNCTION, "Properties": {"FunctionName": "orders"}},
    "Version": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Function"}}},
    "Alias": {"Type": "AWS::Lambda::Alias", "Properties": {"FunctionName": {"Fn::GetAtt": "Function.Arn"}}},
    "Topic": {"Type": TOPIC, "Properties": {"TopicName": "orders"}},
    "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "orders"}},
    "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "orders"}},
    "Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "orders"}},
    "Table": {"Type": "AWS::DynamoDB::Table"},
    "Custom": {"Type": "Custom::Queue"},
}
HERE = "${AWS::Region}:${AWS::AccountId}"


def target_of(directory: Path, raw: object, *types: str) -> object:
    asked = {"Type": "A::B::C", "Properties": {"At": raw}}
    app = app_of(directory, {**RESOURCES, "Asked": asked}, Parameters={"Stage": {"Type": "String", "Default": "dev"}})
    found = app.target(named(app, "Asked"), raw, *types)
    return found.logical_id if isinstance(found, Resource) else found


REFERENCES = [
    ({"Ref": "Queue"}, "Queue"),
    ({"Fn::GetAtt": ["Queue", "Arn"]}, "Queue"),
    ({"Fn::GetAtt": "Queue.QueueName"}, "Queue"),
    ({"Fn::Sub": "${Queue.Arn}"}, "Queue"),
    ({"Fn::Sub": "${Queue}"}, "Queue"),
    ({"Fn::If": ["IsProd", {"Ref": "Queue"}, {"Ref": "Queue"}]}, "Queue"),
    ({"Fn::GetAtt": ["Table", "StreamArn"]}, "Table"),
    ({"Ref": "Alias"}, "Alias"),
    ({"Fn::Sub": "${Function.Arn}:live"}, "Function"),
    ({"Fn::Sub": "${Function}:live"}, "Function"),
    ({"Fn::Sub": "${Bucket.Arn}/*"}, "Bucket"),
    ({"Fn::Select": [5, {"Fn::Split": [":", {"Fn::GetAtt": "Queue.Arn"}]}]}, "Queue"),
    ({"Fn::Select": [5, {"Fn::Split": [":", {"Ref": "Topic"}]}]}, "Topic"),
    ({"Fn::Join": ["", [{"Fn::Select": [6, {"Fn::Split": [":", {"Ref": "Alias"}]}]}, ":live"]]}, "Alias"),
    ({"Fn::Sub": f"arn:aws:sqs:{HERE}:${{Queue.QueueName}}"}, "Queue"),
    ({"Fn::Sub": "https://sqs.${AWS::Region}.amazonaws.com/${AWS::AccountId}/${Queue.QueueName}"}, "Queue"),
]
NAMES = [
    ("arn:aws:sqs:eu-west-1:123456789012:orders", "Orders"),
    ({"Fn::Sub": f"arn:${{AWS::Partition}}:sqs:{HERE}:orders"}, "Orders"),
    ({"Fn::Join": [":", ["arn:aws:sqs", {"Ref": "AWS::Region"}, {"Ref": "AWS::AccountId"}, "orders"]]}, "Orders"),
    ({"Fn::Sub": f"arn:aws:sqs:{HERE}:orders-${{Stage}}"}, "Staged"),
    ({"Fn::Sub": f"arn:aws:sqs:{HERE}:${{Stage}}"}, "Given"),
    ("arn:aws:sqs:*:*:orders", "Orders"),
    ("https://sqs.eu-west-1.amazonaws.com/123456789012/orders", "Orders"),
    ("arn:aws:lambda:eu-west-1:123456789012:function:orders", "Function"),
    ("arn:aws:lambda:eu-west-1:123456789012:function:orders:live", "Function"),
    ("123456789012:function:orders", "Function"),
    ("arn:aws:sns:eu-west-1:123456789012:orders", "Topic"),
    ("arn:aws:s3:::orders", "Bucket"),
    ("arn:aws:s3:::orders/*", "Bucket"),
    ("arn:aws:events:eu-west-1:123456789012:event-bus/orders", "Bus"),
    ("arn:aws:iam::123456789012:role/service/orders", "Role"),
]


@pytest.mark.parametrize(("raw", "expected"), [*REFERENCES, *NAMES], ids=repr)
def test_a_reference_leads_to_the_resource(tmp_path: Path, raw: object, expected: str) -> None:
    assert target_of(tmp_path, raw) == expected


ELSEWHERE = [
    ("arn:aws:sqs:eu-west-1:123456789012:others", "arn:aws:sqs:eu-west-1:123456789012:others"),
    ({"Fn::Sub": f"arn:aws:sqs:{HERE}:others"}, f"arn:aws:sqs:{HERE}:others"),
    ("arn:aws:kinesis:eu-west-1:123456789012:stream/orders", "arn:aws:kinesis:eu-west-1:123456789012:stream/orders"),
    ("others", "others"),
]


@pytest.mark.parametrize(("raw", "expected"), ELSEWHERE, ids=repr)
def test_what_is_in_no_template_is_external(tmp_path: Path, raw: object, expected: str) -> None:
    assert target_of(tmp_path, raw) == External(expected)


def test_an_external_tells_its_service() -> None:
    assert External("arn:${AWS::Partition}:sqs:eu-west-1:1:orders").service == "sqs"
    assert External("orders").service is None


UNSEEN = [
    {"Ref": "Stage"},
    {"Ref": "Custom"},
    {"Fn::GetAtt": ["Custom", "QueueArn"]},
    {"Fn::If": ["IsProd", {"Ref": "Queue"}, {"Ref": "Orders"}]},
    {"Fn::ImportValue": "elsewhere"},
    {"Fn::Sub": f"arn:aws:sqs:{HERE}:hidden-${{Nobody}}"},
    {"Fn::Sub": "${Queue}-dead"},
    "orders",  # a queue's, a function's, a topic's ...
    5,
    [],
]


@pytest.mark.parametrize("raw", UNSEEN, ids=repr)
def test_what_only_the_deployment_knows_is_unknown(tmp_path: Path, raw: object) -> None:
    assert target_of(tmp_path, raw) is UNKNOWN


@pytest.mark.parametrize("raw", [None, {"Ref": "AWS::NoValue"}])
def test_no_value_has_no_target(tmp_path: Path, raw: object) -> None:
    assert target_of(tmp_path, raw) is None


@pytest.mark.parametrize(("of", "expected"), [(QUEUE, "Orders"), (FUNCTION, "Function"), (TOPIC, "Topic")])
def test_a_name_is_looked_up_among_the_types_that_are_asked_for(tmp_path: Path, of: str, expected: str) -> None:
    assert target_of(tmp_path, "orders", of) == expected


def test_a_reference_leads_to_a_resource_of_another_type_than_asked_for(tmp_path: Path) -> None:
    assert target_of(tmp_path, {"Ref": "Topic"}, QUEUE) == "Topic"


def in_two(directory: Path, first: dict[str, Any], second: dict[str, Any]) -> object:
    """What the second template's "Asked" refers to."""
    app = templates.read(
        [write(directory, {"Resources": first}, "1.json"), write(directory, {"Resources": second}, "2.json")]
    )
    asked = named(app, "Asked")
    found = app.target(asked, app.raw(asked, "Properties", "At"))
    return found.template.file.name if isinstance(found, Resource) else found


ASKED = {"Type": "A::B::C", "Properties": {"At": "arn:aws:sqs:eu-west-1:123456789012:orders"}}
ORDERS = {"Type": QUEUE, "Properties": {"QueueName": "orders"}}


def test_a_name_is_found_in_another_template(tmp_path: Path) -> None:
    assert in_two(tmp_path, {"Orders": ORDERS}, {"Asked": ASKED}) == "1.json"


def test_a_template_means_its_own_resource_of_that_name(tmp_path: Path) -> None:
    assert in_two(tmp_path, {"Orders": ORDERS}, {"Asked": ASKED, "Orders": ORDERS}) == "2.json"


def test_two_resources_of_one_name_elsewhere_are_not_chosen_between(tmp_path: Path) -> None:
    assert in_two(tmp_path, {"Orders": ORDERS, "Again": ORDERS}, {"Asked": ASKED}) is UNKNOWN


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ("aws://unknown-account/unknown-region", "Orders"),
        ("aws://123456789012/eu-west-1", "Orders"),
        ("aws://123456789012/us-east-1", External("arn:aws:sqs:eu-west-1:123456789012:orders")),
        ("aws://222222222222/eu-west-1", External("arn:aws:sqs:eu-west-1:123456789012:orders")),
    ],
)
def test_a_resource_of_that_name_in_another_region_or_account_is_another(
    tmp_path: Path, environment: str, expected: object
) -> None:
    stack = {"type": "aws:cloudformation:stack", "environment": environment, "properties": {"templateFile": "t.json"}}
    write(tmp_path, {"artifacts": {"Stack": stack}}, "manifest.json")
    write(tmp_path, {"Resources": {"Orders": ORDERS, "Asked": ASKED}}, "t.json")

    app = templates.read([tmp_path])
    found = app.target(named(app, "Asked"), app.raw(named(app, "Asked"), "Properties", "At"))

    assert (found.logical_id if isinstance(found, Resource) else found) == expected
