"""Outcomes as objects: what Firehose writes, where, and what it may."""

import json
from typing import Any

import pytest
from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from constructs_lib.runtime.delayed_check.contract import DETAIL_TYPE, EVENT_SOURCE
from tests.helpers.check import check, reference
from tests.helpers.synth import Resource, new_stack, of_type, properties, the


def s3_of(stream: Resource) -> Resource:
    found: Resource = stream["ExtendedS3DestinationConfiguration"]
    return found


def test_there_is_none_unless_it_is_asked_for() -> None:
    stack = new_stack()

    check(stack)

    assert of_type(stack, "AWS::KinesisFirehose::DeliveryStream") == of_type(stack, "AWS::S3::Bucket") == {}


def test_the_detail_of_each_outcome_goes_to_the_stream_and_nothing_else_does() -> None:
    stack = new_stack()
    found = check(stack)

    archive = found.archive_outcomes()

    rule = the(stack, "AWS::Events::Rule")
    assert rule["EventBusName"] == {"Ref": reference(found.outcomes)}
    assert rule["EventPattern"] == {"source": [EVENT_SOURCE], "detail-type": [DETAIL_TYPE]}
    (target,) = rule["Targets"]
    assert target["InputPath"] == "$.detail"
    assert target["Arn"] == {"Fn::GetAtt": [reference(archive.delivery_stream), "Arn"]}
    assert target["DeadLetterConfig"]["Arn"] == {"Fn::GetAtt": [reference(archive.undeliverable), "Arn"]}


def test_each_detail_is_a_line() -> None:
    """EventBridge ends no record with a new line: without, an object would be one line that no query reads."""
    stack = new_stack()

    check(stack).archive_outcomes()

    processing = s3_of(the(stack, "AWS::KinesisFirehose::DeliveryStream"))["ProcessingConfiguration"]
    (processor,) = processing["Processors"]
    assert processing["Enabled"]
    assert processor == {"Type": "AppendDelimiterToRecord"}


def test_objects_are_in_a_folder_for_each_day_and_failures_beside_it() -> None:
    stack = new_stack()

    archive = check(stack).archive_outcomes(prefix="shop/calls/", buffer=Duration.minutes(5))

    written = s3_of(the(stack, "AWS::KinesisFirehose::DeliveryStream"))
    assert archive.prefix == "shop/calls/"
    assert written["Prefix"] == "shop/calls/!{timestamp:yyyy/MM/dd}/"
    assert written["ErrorOutputPrefix"] == "shop/calls-failed/!{firehose:error-output-type}/"
    assert written["BufferingHints"] == {"IntervalInSeconds": 300, "SizeInMBs": 5}


def test_a_bucket_of_the_check_s_is_closed_and_encrypted_and_stays() -> None:
    stack = new_stack()

    check(stack).archive_outcomes()

    (bucket,) = of_type(stack, "AWS::S3::Bucket").values()
    assert list(bucket["Properties"]["PublicAccessBlockConfiguration"].values()) == [True] * 4
    (rule,) = bucket["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert bucket["DeletionPolicy"] == "Retain"
    assert "aws:SecureTransport" in json.dumps(the(stack, "AWS::S3::BucketPolicy"))


def test_or_goes_with_its_stack() -> None:
    stack = new_stack()

    check(stack).archive_outcomes(removal_policy=RemovalPolicy.DESTROY)

    (bucket,) = of_type(stack, "AWS::S3::Bucket").values()
    assert bucket["DeletionPolicy"] == "Delete"


@pytest.mark.parametrize("whose", ["the check's", "the author's"])
def test_a_key_of_the_bucket_may_be_used_by_firehose(whose: str) -> None:
    stack = new_stack()
    key = kms.Key(stack, "Key")
    props: dict[str, Any] = {"encryption_key": key} if whose == "the check's" else {}
    mine = s3.Bucket(stack, "Mine", encryption_key=key) if whose == "the author's" else None

    archive = check(stack, **props).archive_outcomes(mine)

    role = s3_of(properties(archive.delivery_stream))["RoleARN"]["Fn::GetAtt"][0]
    (policy,) = (
        each["Properties"]
        for each in of_type(stack, "AWS::IAM::Policy").values()
        if each["Properties"]["Roles"] == [{"Ref": role}]
    )
    (using,) = (each for each in policy["PolicyDocument"]["Statement"] if "kms:GenerateDataKey" in each["Action"])
    assert using["Resource"] == {"Fn::GetAtt": [reference(key), "Arn"]}
    assert len(of_type(stack, "AWS::S3::Bucket")) == 1


def test_firehose_writes_below_its_prefixes_only() -> None:
    stack = new_stack()

    archive = check(stack).archive_outcomes()

    role = s3_of(properties(archive.delivery_stream))["RoleARN"]["Fn::GetAtt"][0]
    (writing,) = (
        statement
        for each in of_type(stack, "AWS::IAM::Policy").values()
        if each["Properties"]["Roles"] == [{"Ref": role}]
        for statement in each["Properties"]["PolicyDocument"]["Statement"]
        if "s3:PutObject" in statement["Action"]
    )
    ends = [each["Fn::Join"][1][-1] for each in writing["Resource"]]
    assert ends == ["/outcomes/*", "/outcomes-failed/*"]


def test_what_does_not_get_there_rings() -> None:
    stack = new_stack()
    found = check(stack)
    before = len(found.alarms)

    archive = found.archive_outcomes()

    (alarm,) = found.alarms[before:]
    assert reference(archive.undeliverable) in json.dumps(properties(alarm)["Dimensions"])


@pytest.mark.parametrize(
    ("props", "match"),
    [
        ({"bucket": "outcomes"}, r"bucket must be an S3 bucket .*got 'outcomes': pass a s3.Bucket, or"),
        ({"prefix": "outcomes"}, r'prefix must be a folder such as "outcomes/"'),
        ({"prefix": "/"}, r"prefix must be a folder"),
        ({"prefix": "!{timestamp:yyyy}/"}, r"prefix must be a folder"),
        ({"prefix": ""}, r"prefix must be a folder"),
        ({"buffer": Duration.seconds(901)}, r"buffer must be whole seconds from 0 to 900"),
        ({"buffer": 60}, r"buffer must be a Duration"),
    ],
    ids=repr,
)
def test_an_archive_that_cannot_be_is_refused(props: dict[str, Any], match: str) -> None:
    found = check(new_stack())

    with pytest.raises(ValueError, match=match):
        found.archive_outcomes(**props)
    assert found.archive_outcomes().prefix == "outcomes/"


def test_outcomes_are_archived_once_and_a_bucket_keeps_its_own_policy() -> None:
    stack = new_stack()
    found = check(stack)

    with pytest.raises(ValueError, match=r"removal_policy is for a bucket that the check creates: set it on Shop/Mine"):
        found.archive_outcomes(s3.Bucket(stack, "Mine"), removal_policy=RemovalPolicy.DESTROY)
    found.archive_outcomes()
    with pytest.raises(ValueError, match=r"Shop/Check archives its outcomes already"):
        found.archive_outcomes()
