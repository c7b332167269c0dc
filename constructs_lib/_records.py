"""A construct's table of records: its own, or an existing one as far as it can be seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from aws_cdk import Arn, ArnFormat, RemovalPolicy, Stack, Token
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from constructs_lib import _statements
from constructs_lib._seen import apart
from constructs_lib._unknown import UNKNOWN, Unknown
from constructs_lib.runtime._shared.contract import PARTITION_KEY, TIME_TO_LIVE

#: What DynamoDB does with a table's key on behalf of whoever writes an item, without the wildcards of CDK's own grant.
_KEY_ACTIONS = ("Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey", "ReEncryptFrom", "ReEncryptTo")
#: What a stream has to show of each change.
_VIEW = "NEW_AND_OLD_IMAGES"
_KEY = [{"attributeName": PARTITION_KEY, "keyType": "HASH"}]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the author says of the table, and for what; without `table` one is created.

    Attributes:
        table: The author's.
        encryption_key: Of the one that is created.
        removal_policy: Of the one that is created.
        construct: What the construct is called when it refuses something.
        streams: Whether the table needs a stream of what its items were and are.
    """

    table: dynamodb.ITable | None
    encryption_key: kms.IKey | None
    removal_policy: RemovalPolicy
    construct: str
    streams: bool = False


def check(scope: Construct, handler: lambda_.IFunction, wish: Wish) -> None:
    """Refuse what does not go together.

    Raises:
        ValueError: An argument does not go with the table, or the table cannot be used here.
    """
    table, removal_policy = wish.table, wish.removal_policy
    if not hasattr(RemovalPolicy, getattr(removal_policy, "name", "")):
        msg = f"removal_policy must be a RemovalPolicy, such as RemovalPolicy.RETAIN, got {removal_policy!r}"
        raise ValueError(msg)
    _statements.check_key(wish.encryption_key)
    if table is None:
        return
    if not hasattr(table, "table_arn"):
        msg = f"table must be a DynamoDB table (dynamodb.Table or ITable), got {table!r}"
        raise ValueError(msg)
    created = {"encryption_key": wish.encryption_key is not None}
    created["removal_policy"] = removal_policy is not RemovalPolicy.RETAIN
    for name in (name for name, given in created.items() if given):
        msg = (
            f"{name} is for a table that the {wish.construct} creates: set it on {table.node.path}, and leave it out "
            "here"
        )
        raise ValueError(msg)
    _check_place(scope, table, wish.construct)
    _check_key(table)
    if wish.streams:
        _check_stream(table)
    check_known_by_name(scope, handler, table, argument="handler")


def obtain(scope: Construct, wish: Wish, *, name: str | None) -> dynamodb.ITable:
    """Return the author's table, or create one: billed by request, restorable to any second of the last 35 days.

    Args:
        scope: The construct.
        wish: What the author says.
        name: The created table's name; None leaves it to CloudFormation.
    """
    if wish.table is not None:
        return wish.table
    customer_managed = wish.encryption_key is not None
    table = dynamodb.Table(
        scope,
        "Table",
        table_name=name,
        partition_key=dynamodb.Attribute(name=PARTITION_KEY, type=dynamodb.AttributeType.STRING),
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        time_to_live_attribute=TIME_TO_LIVE,
        encryption=dynamodb.TableEncryption[("CUSTOMER" if customer_managed else "AWS") + "_MANAGED"],
        encryption_key=wish.encryption_key,
        removal_policy=wish.removal_policy,
        stream=dynamodb.StreamViewType[_VIEW] if wish.streams else None,
    )
    resource = table.node.default_child
    assert isinstance(resource, dynamodb.CfnTable)  # noqa: S101 - narrows the type of what an L2 always has
    # CDK has renamed the L2's parameter; the resource's own property has the same name in all versions.
    resource.point_in_time_recovery_specification = dynamodb.CfnTable.PointInTimeRecoverySpecificationProperty(
        point_in_time_recovery_enabled=True
    )
    return table


def statements(table: dynamodb.ITable, *, keys: Sequence[str] = ()) -> list[iam.PolicyStatement]:
    """What a function does with the table: conditional updates, and nothing else.

    Args:
        table: The table.
        keys: Patterns of the keys of the items that it may update. Default: of all.
    """
    update = _statements.allow("dynamodb", ["UpdateItem"], table.table_arn)
    if keys:
        update.add_condition("ForAllValues:StringLike", {"dynamodb:LeadingKeys": list(keys)})
    if table.encryption_key is None:
        return [update]
    return [update, _statements.allow("kms", _KEY_ACTIONS, table.encryption_key.key_arn)]


def stream_statements(table: dynamodb.ITable) -> list[iam.PolicyStatement]:
    """What a function does that Lambda gives the table's stream to."""
    stream = table.table_stream_arn
    assert stream is not None  # noqa: S101 - a table without one is refused
    read = _statements.allow("dynamodb", ["DescribeStream", "GetRecords", "GetShardIterator"], stream)
    found = [read, _statements.allow("dynamodb", ["ListStreams"], "*")]
    if table.encryption_key is None:
        return found
    return [*found, _statements.allow("kms", ["Decrypt"], table.encryption_key.key_arn)]


def literal_name(table: dynamodb.ITable) -> str | None:
    """The table's name where it is known at synth."""
    resource = table.node.default_child
    name = (
        resource.table_name if isinstance(resource, (dynamodb.CfnTable, dynamodb.CfnGlobalTable)) else table.table_name
    )
    return None if name is None or Token.is_unresolved(name) else name


def is_restorable(table: dynamodb.ITable) -> bool | Unknown:
    """Whether the table has point-in-time recovery."""
    resource = table.node.default_child
    if not isinstance(resource, dynamodb.CfnTable):
        return UNKNOWN
    found = Stack.of(table).resolve(resource.point_in_time_recovery_specification)
    return bool(found and found.get("pointInTimeRecoveryEnabled"))


def expires(table: dynamodb.ITable) -> bool | Unknown:
    """Whether DynamoDB removes the records of resources that are gone."""
    resource = table.node.default_child
    if not isinstance(resource, (dynamodb.CfnTable, dynamodb.CfnGlobalTable)):
        return UNKNOWN
    found = Stack.of(table).resolve(resource.time_to_live_specification)
    return bool(found and found.get("enabled") and found.get("attributeName") == TIME_TO_LIVE)


def has_stream(table: dynamodb.ITable) -> bool | Unknown:
    """Whether the table's stream has what items were and are."""
    resource = table.node.default_child
    if not isinstance(resource, dynamodb.CfnTable):
        # Of a TableV2's resource, jsii cannot hand the specification over.
        return UNKNOWN
    found = Stack.of(table).resolve(resource.stream_specification)
    return bool(found and found.get("streamViewType") == _VIEW)


def _check_stream(table: dynamodb.ITable) -> None:
    if table.table_stream_arn is None or has_stream(table) is False:
        msg = (
            f"table {table.node.path} has no stream of new and old images, of which outcomes are published: create it "
            "with stream=StreamViewType.NEW_AND_OLD_IMAGES (import it with table_stream_arn, from_table_attributes), "
            "or leave table out"
        )
        raise ValueError(msg)


def _check_place(scope: Construct, table: dynamodb.ITable, construct: str) -> None:
    here, arn = Stack.of(scope), table.table_arn
    # CDK takes an imported table for one of the importing stack's region.
    there = table.env if Token.is_unresolved(arn) else Arn.split(arn, ArnFormat.SLASH_RESOURCE_NAME)
    for what, mine, other in apart(here, there):
        msg = (
            f"table {table.node.path} is in {what} {other} and the {construct} in {what} {mine}: the function finds "
            "tables by name in its own region and account only; use a table there, or leave table out"
        )
        raise ValueError(msg)


def _check_key(table: dynamodb.ITable) -> None:
    resource = table.node.default_child
    if not isinstance(resource, (dynamodb.CfnTable, dynamodb.CfnGlobalTable)):
        return
    stack = Stack.of(table)
    types = {
        each["attributeName"]: each["attributeType"] for each in stack.resolve(resource.attribute_definitions) or []
    }
    key = stack.resolve(resource.key_schema)
    if key != _KEY or types.get(PARTITION_KEY) != "S":
        shown = ", ".join(f"{part['attributeName']} ({types.get(part['attributeName'])})" for part in key)
        msg = (
            f"table {table.node.path} has the key {shown}, and the records need the partition key {PARTITION_KEY} (S) "
            "and no sort key: create it so, or leave table out"
        )
        raise ValueError(msg)


def check_known_by_name(scope: Construct, told: iam.IGrantable, table: dynamodb.ITable, *, argument: str) -> None:
    """Refuse a table whose name a function of another stack cannot be told.

    Args:
        scope: The construct, or its parent.
        told: The function; whatever is none is told nothing.
        table: The table.
        argument: What the author calls the function.

    Raises:
        ValueError: The table has no name before it is deployed, and its stack needs the function's.
    """
    is_ours = isinstance(table.node.default_child, (dynamodb.CfnTable, dynamodb.CfnGlobalTable))
    if not is_ours or not hasattr(told, "function_arn") or literal_name(table) is not None:
        return
    function = cast("lambda_.IFunction", told)
    if Stack.of(function) is not Stack.of(table) and Stack.of(table) is Stack.of(scope):
        msg = (
            f"table {table.node.path} has no name of its own and {argument} {function.node.path} is in another stack: "
            "each stack would need the other; set table_name on the table, or leave table out"
        )
        raise ValueError(msg)
