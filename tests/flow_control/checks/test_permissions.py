"""Who may send to a queue, as far as the policies say so by name."""

import pytest

from constructs_lib._unknown import UNKNOWN
from constructs_lib.flow_control.facts import MappingFacts
from tests.helpers.plain_resources import UNSEEN, Body, allow, app, arn, function, mapping, of_type, queue, ref, role
from tests.helpers.plain_resources import subject as the_subject

_SEND = "sqs:SendMessage"
_THEIR_POLICY = "arn:aws:iam::111122223333:policy/theirs"


def sends(**resources: Body) -> object:
    """Whether the consumer of "Orders" sends to it."""
    given = {"Orders": queue(), "Other": queue(), "Consumer": function(), "Mapping": mapping(), **resources}
    found = the_subject(MappingFacts, app(**given), "Mapping").facts
    assert isinstance(found, MappingFacts)
    return found.sends_to_own_queue


def policy(type_: str, *statements: Body, **properties: object) -> Body:
    """A policy."""
    return of_type(type_, PolicyDocument={"Statement": list(statements)}, **properties)


def test_who_may_not_send_does_not() -> None:
    assert sends(Role=role(allow("sqs:ReceiveMessage", arn("Orders")), allow(_SEND, arn("Other")))) is False


@pytest.mark.parametrize(
    "statement",
    [
        allow(_SEND, arn("Orders")),
        allow([_SEND, "sqs:GetQueueUrl"], [arn("Other"), arn("Orders")]),
        allow("SQS:sendmessage", arn("Orders")),
        allow("sqs:Send*", arn("Orders")),
        allow(_SEND, {"Fn::Sub": "${Orders.Arn}"}),
    ],
)
def test_a_role_that_names_the_queue_and_the_sending_sends(statement: Body) -> None:
    assert sends(Role=role(statement)) is True


@pytest.mark.parametrize(
    "statement",
    [
        allow("sqs:*", arn("Orders")),
        allow("*", arn("Orders")),
        allow(_SEND, "*"),
        allow(_SEND, "arn:aws:sqs:*:*:*"),
        {"Effect": "Deny", "Action": _SEND, "Resource": arn("Orders")},
    ],
)
def test_a_careless_policy_is_no_sign_of_sending(statement: Body) -> None:
    assert sends(Role=role(statement)) is False


def deny(action: object, resource: object, **others: object) -> Body:
    """A statement that denies something."""
    return {"Effect": "Deny", "Action": action, "Resource": resource, **others}


@pytest.mark.parametrize(
    "statement",
    [
        deny(_SEND, arn("Orders")),
        deny(_SEND, "*"),
        deny("sqs:*", [arn("Other"), arn("Orders")]),
        deny("*", "*"),
    ],
)
def test_what_is_denied_is_not_allowed(statement: Body) -> None:
    denied = role(allow(_SEND, arn("Orders")), statement, ManagedPolicyArns=[_THEIR_POLICY])

    assert sends(Role=denied) is False


@pytest.mark.parametrize(
    "statement",
    [
        deny(_SEND, arn("Other")),
        deny(_SEND, UNSEEN),
        deny("sqs:DeleteQueue", "*"),
        deny(_SEND, "*", Condition={"Bool": {"aws:SecureTransport": "false"}}),
        {"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"},
    ],
)
def test_what_is_denied_elsewhere_or_sometimes_is_allowed(statement: Body) -> None:
    assert sends(Role=role(allow(_SEND, arn("Orders")), statement)) is True


def test_a_policy_that_may_not_be_there_denies_nothing() -> None:
    own = policy("AWS::IAM::Policy", deny(_SEND, "*"), Roles=[ref("Role")]) | {"Condition": "Strict"}
    allowed = policy("AWS::IAM::Policy", allow(_SEND, arn("Orders")), Roles=[ref("Role")])

    assert sends(Role=role(), Policy=own, Allowed=allowed) is True
    assert sends(Role=role(), Policy=own, Allowed=allowed | {"Condition": "Strict"}) is False


@pytest.mark.parametrize("kind", ["AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"])
def test_a_policy_that_names_the_role_counts(kind: str) -> None:
    own = policy(kind, allow(_SEND, arn("Orders")), Roles=[ref("Role")])

    assert sends(Role=role(), Policy=own) is True


def test_a_role_policy_counts() -> None:
    own = policy("AWS::IAM::RolePolicy", allow(_SEND, arn("Orders")), RoleName=ref("Role"))

    assert sends(Role=role(), Policy=own) is True


def test_a_managed_policy_that_the_role_names_counts() -> None:
    own = policy("AWS::IAM::ManagedPolicy", allow(_SEND, arn("Orders")))

    assert sends(Role=role(ManagedPolicyArns=[ref("Policy")]), Policy=own) is True
    assert sends(Role=role(), Policy=own) is False


def test_policies_of_aws_name_no_queue() -> None:
    basic = {
        "Fn::Join": ["", ["arn:", ref("AWS::Partition"), ":iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"]]
    }

    assert sends(Role=role(ManagedPolicyArns=[basic, "arn:aws:iam::aws:policy/AmazonSQSFullAccess"])) is False


@pytest.mark.parametrize(
    "given",
    [
        {"Role": role(ManagedPolicyArns=[_THEIR_POLICY])},
        {"Role": role(allow(_SEND, UNSEEN))},
        {"Consumer": function(Role=UNSEEN)},
        {"Consumer": function(Role="arn:aws:iam::111122223333:role/theirs")},
    ],
    ids=["managed policy", "statement", "role", "imported role"],
)
def test_what_nobody_can_see_may_send(given: dict[str, Body]) -> None:
    assert sends(**given) is UNKNOWN


def test_what_can_be_seen_counts_beside_what_cannot() -> None:
    assert sends(Role=role(allow(_SEND, arn("Orders")), ManagedPolicyArns=[_THEIR_POLICY])) is True


def test_of_functions_that_share_a_role_nobody_knows_which_one_sends() -> None:
    shared = role(allow(_SEND, arn("Orders")))

    assert sends(Role=shared, Producer=function()) is UNKNOWN
    assert sends(Role=role(allow(_SEND, arn("Other"))), Producer=function()) is False


def test_a_queue_elsewhere_is_known_by_its_arn() -> None:
    theirs, others = (f"arn:aws:sqs:eu-west-1:111122223333:{name}" for name in ("theirs", "others"))

    assert sends(Mapping=mapping(theirs), Role=role(allow(_SEND, theirs))) is True
    assert sends(Mapping=mapping(theirs), Role=role(allow(_SEND, others))) is False


def test_the_queue_of_a_parameter_is_known_by_the_parameter() -> None:
    assert sends(Mapping=mapping(UNSEEN), Role=role(allow(_SEND, UNSEEN))) is True
    assert sends(Mapping=mapping(UNSEEN), Role=role(allow(_SEND, arn("Other")))) is False


def test_the_queue_of_a_parameter_may_be_any_that_is_elsewhere() -> None:
    theirs = "arn:aws:sqs:eu-west-1:111122223333:theirs"

    assert sends(Mapping=mapping(UNSEEN), Role=role(allow(_SEND, theirs))) is UNKNOWN


@pytest.mark.parametrize(
    "document", [None, "text", UNSEEN, {"Statement": None}, {"Statement": ["x"]}, {"Statement": {"Effect": "Allow"}}]
)
def test_a_document_of_another_shape_allows_nothing(document: object) -> None:
    own = of_type("AWS::IAM::Policy", PolicyDocument=document, Roles=[ref("Role")])

    assert sends(Role=role(), Policy=own) is False
