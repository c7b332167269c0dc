"""Outcomes as objects that a query can read: event bus -> Kinesis Data Firehose -> S3, one event's detail a line."""

import re
from dataclasses import dataclass

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from constructs_lib import _nag, _queues, _statements, _validate
from constructs_lib.flow_control import sources
from constructs_lib.runtime.delayed_check.contract import DETAIL_TYPE, EVENT_SOURCE

#: The id of an archive's parts' parent.
ID = "Archive"
#: Firehose's own bounds of the wait for more, in seconds.
_LEAST_BUFFER, _MOST_BUFFER = 0, 900
_PREFIX = re.compile(r"([A-Za-z0-9_.=-]+/)+")
_BUFFER_MEGABYTES = 5
_WHY_OBJECTS = "Firehose names the objects itself, below the prefixes that the statement names"
_WHY_NO_ACCESS_LOG = "who reads outcomes is a matter of the account's trail; pass a bucket of yours to have its log"
_WHY_NO_DLQ = "the queue takes what EventBridge could not hand to Firehose: it is a dead-letter queue, of a rule"


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """Where outcomes are kept.

    Attributes:
        bucket: The bucket.
        prefix: Where in it the objects are, a folder for each day.
        delivery_stream: What writes them.
        undeliverable: The queue for what the rule could not hand over.
    """

    bucket: s3.IBucket
    prefix: str
    delivery_stream: firehose.CfnDeliveryStream
    undeliverable: sqs.Queue


def check(
    scope: Construct,
    bucket: s3.IBucket | None,
    prefix: object,
    buffer: Duration | None,
    removal_policy: RemovalPolicy | None,
) -> None:
    """Refuse what does not go together.

    Raises:
        ValueError: There is an archive already, or an argument is not usable.
    """
    if scope.node.try_find_child(ID) is not None:
        msg = f"{scope.node.path} archives its outcomes already: add a rule of yours to its event bus for another place"
        raise ValueError(msg)
    if bucket is not None and not hasattr(bucket, "bucket_arn"):
        msg = (
            f"bucket must be an S3 bucket (s3.Bucket or IBucket), got {bucket!r}: pass a s3.Bucket, or what "
            "s3.Bucket.from_bucket_name makes of a name, or leave it out to have one created"
        )
        raise ValueError(msg)
    if bucket is not None and removal_policy is not None:
        msg = f"removal_policy is for a bucket that the check creates: set it on {bucket.node.path}, and leave it out"
        raise ValueError(msg)
    if not isinstance(prefix, str) or not _PREFIX.fullmatch(prefix):
        msg = (
            'prefix must be a folder such as "outcomes/" (letters, digits, and _.=- with a slash at the end), got '
            f"{prefix!r}"
        )
        raise ValueError(msg)
    _validate.duration("buffer", buffer, least=_LEAST_BUFFER, most=_MOST_BUFFER)


def create(
    scope: Construct,
    *,
    bus: events.IEventBus,
    bucket: s3.IBucket | None,
    prefix: str,
    buffer: Duration,
    encryption_key: kms.IKey | None,
    removal_policy: RemovalPolicy,
) -> Archive:
    """Create the bucket, where none is given, the delivery stream and the rule.

    Args:
        scope: Their parent, which has no other.
        bus: Where outcomes are published.
        bucket: The author's.
        prefix: Where in it the objects go.
        buffer: How long Firehose waits for more to put into an object.
        encryption_key: Of the bucket that is created.
        removal_policy: Of the bucket that is created.
    """
    bucket = bucket or _bucket(scope, encryption_key, removal_policy)
    stream = _delivery_stream(scope, bucket, prefix, buffer)
    undeliverable = _rule(scope, bus, stream, encryption_key)
    return Archive(bucket=bucket, prefix=prefix, delivery_stream=stream, undeliverable=undeliverable)


def _delivery_stream(scope: Construct, bucket: s3.IBucket, prefix: str, buffer: Duration) -> firehose.CfnDeliveryStream:
    """What writes the objects, with its log and its role."""
    log = logs.LogGroup(scope, "Log", retention=logs.RetentionDays.ONE_MONTH, removal_policy=RemovalPolicy.DESTROY)
    errors = logs.LogStream(scope, "Errors", log_group=log, removal_policy=RemovalPolicy.DESTROY)
    role, policy = _writer(scope, bucket, prefix, log)
    stream = firehose.CfnDeliveryStream(
        scope,
        "DeliveryStream",
        delivery_stream_type="DirectPut",
        delivery_stream_encryption_configuration_input=(
            firehose.CfnDeliveryStream.DeliveryStreamEncryptionConfigurationInputProperty(key_type="AWS_OWNED_CMK")
        ),
        extended_s3_destination_configuration=firehose.CfnDeliveryStream.ExtendedS3DestinationConfigurationProperty(
            bucket_arn=bucket.bucket_arn,
            role_arn=role.role_arn,
            prefix=f"{prefix}!{{timestamp:yyyy/MM/dd}}/",
            error_output_prefix=f"{_failed(prefix)}!{{firehose:error-output-type}}/",
            buffering_hints=firehose.CfnDeliveryStream.BufferingHintsProperty(
                interval_in_seconds=int(buffer.to_seconds()), size_in_m_bs=_BUFFER_MEGABYTES
            ),
            compression_format="UNCOMPRESSED",
            cloud_watch_logging_options=firehose.CfnDeliveryStream.CloudWatchLoggingOptionsProperty(
                enabled=True, log_group_name=log.log_group_name, log_stream_name=errors.log_stream_name
            ),
            processing_configuration=_one_a_line(),
        ),
    )
    # Firehose tries the role when the stream is created.
    stream.node.add_dependency(policy)
    return stream


def _failed(prefix: str) -> str:
    return f"{prefix.rstrip('/')}-failed/"


def _one_a_line() -> firehose.CfnDeliveryStream.ProcessingConfigurationProperty:
    """EventBridge ends no record with a new line, and a query reads an object line by line.

    The delimiter is a new line by default: https://docs.aws.amazon.com/firehose/latest/APIReference/API_Processor.html.
    """
    delimit = firehose.CfnDeliveryStream.ProcessorProperty(type="AppendDelimiterToRecord")
    return firehose.CfnDeliveryStream.ProcessingConfigurationProperty(enabled=True, processors=[delimit])


def _bucket(scope: Construct, key: kms.IKey | None, removal_policy: RemovalPolicy) -> s3.Bucket:
    bucket = s3.Bucket(
        scope,
        "Bucket",
        encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
        encryption_key=key,
        bucket_key_enabled=True if key else None,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        enforce_ssl=True,
        removal_policy=removal_policy,
    )
    _nag.explain(bucket, "AwsSolutions-S1", _WHY_NO_ACCESS_LOG)
    return bucket


def _writer(scope: Construct, bucket: s3.IBucket, prefix: str, log: logs.LogGroup) -> tuple[iam.Role, iam.Policy]:
    """Firehose's role: it may write below the prefixes, and its log."""
    of_account = {"StringEquals": {"sts:ExternalId": Stack.of(scope).account}}
    role = iam.Role(
        scope,
        "Role",
        assumed_by=iam.PrincipalWithConditions(iam.ServicePrincipal("firehose.amazonaws.com"), of_account),
    )
    objects = [bucket.arn_for_objects(f"{each}*") for each in (prefix, _failed(prefix))]
    statements = [
        _statements.allow("s3", ["GetBucketLocation", "ListBucket", "ListBucketMultipartUploads"], bucket.bucket_arn),
        _statements.allow("s3", ["PutObject", "AbortMultipartUpload"], *objects),
        _statements.allow("logs", ["PutLogEvents"], log.log_group_arn),
    ]
    if bucket.encryption_key is not None:
        statements.append(_statements.use_key(bucket.encryption_key.key_arn))
    policy = iam.Policy(scope, "Policy", roles=[role], statements=statements)
    for each in objects:
        _nag.explain_resource(policy, each, _WHY_OBJECTS)
    return role, policy


def _rule(
    scope: Construct, bus: events.IEventBus, stream: firehose.CfnDeliveryStream, key: kms.IKey | None
) -> sqs.Queue:
    role = iam.Role(scope, "RuleRole", assumed_by=iam.ServicePrincipal("events.amazonaws.com"))
    iam.Policy(
        scope,
        "RulePolicy",
        roles=[role],
        statements=[_statements.allow("firehose", ["PutRecord", "PutRecordBatch"], stream.attr_arn)],
    )
    undeliverable = _queues.create_last(scope, "Undeliverable", why=_WHY_NO_DLQ, encryption_key=key)
    rule = events.Rule(
        scope,
        "Rule",
        event_bus=bus,
        event_pattern=events.EventPattern(source=[EVENT_SOURCE], detail_type=[DETAIL_TYPE]),
    )
    sources.let_rule_send(scope, undeliverable, rule)
    resource = rule.node.default_child
    assert isinstance(resource, events.CfnRule)  # noqa: S101 - narrows the type of what an L2 always has
    resource.targets = [
        events.CfnRule.TargetProperty(
            id="Archive",
            arn=stream.attr_arn,
            role_arn=role.role_arn,
            # The detail alone: what a query asks for are its columns.
            input_path="$.detail",
            dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=undeliverable.queue_arn),
        )
    ]
    return undeliverable
