"""The settings of queues: AWS's defaults where a template is silent, UNKNOWN where nobody can see."""

import json

import pytest

from constructs_lib._unknown import UNKNOWN
from constructs_lib.flow_control.checks.app import App
from constructs_lib.flow_control.checks.queues import Queue, Queues
from tests.helpers.plain_resources import UNSEEN, app, arn, mapping, of_type, queue, ref, template

_ELSEWHERE = "arn:aws:sqs:eu-west-1:111122223333:theirs"


def the_queue(of: App, path: str = "Orders") -> Queue:
    [found] = [each for each in Queues(of).all() if each.name == path]
    return found


def test_a_silent_template_means_the_defaults_of_aws() -> None:
    found = the_queue(app(Orders=queue()))

    assert (found.visibility_timeout, found.retention, found.delivery_delay) == (30, 345_600, 0)
    assert (found.fifo, found.aws_managed_key) == (False, False)


def test_what_is_set_is_read_also_where_it_is_a_text() -> None:
    given = queue(VisibilityTimeout="60", MessageRetentionPeriod=86_400, DelaySeconds=5, FifoQueue="true")

    found = the_queue(app(Orders=given))

    assert (found.visibility_timeout, found.retention, found.delivery_delay, found.fifo) == (60, 86_400, 5, True)


def test_a_parameter_is_unknown_whatever_its_default() -> None:
    given = queue(VisibilityTimeout=UNSEEN, MessageRetentionPeriod=UNSEEN, DelaySeconds=UNSEEN, FifoQueue=UNSEEN)

    found = the_queue(app(Orders=given))

    assert found.visibility_timeout is found.retention is found.delivery_delay is found.fifo is UNKNOWN


@pytest.mark.parametrize(
    ("key", "managed"),
    [
        ("alias/aws/sqs", True),
        ({"Fn::Sub": "arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:alias/aws/sqs"}, True),
        ("alias/orders", False),
        (ref("Key"), False),
        ({"Fn::GetAtt": ["Key", "Arn"]}, False),
        ("arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab", UNKNOWN),
        (UNSEEN, UNKNOWN),
        ({"Ref": "AWS::NoValue"}, False),
    ],
)
def test_the_managed_key_is_told_from_the_accounts_own(key: object, managed: object) -> None:
    found = the_queue(app(Orders=queue(KmsMasterKeyId=key), Key=of_type("AWS::KMS::Key")))

    assert found.aws_managed_key is managed


def redrive_of(policy: object) -> tuple[object, object]:
    """The dead-letter queue's name and the number of receives, as read from a redrive policy."""
    queues = Queues(app(Orders=queue(RedrivePolicy=policy), Dead=queue()))
    [orders] = [each for each in queues.all() if each.name == "Orders"]
    found = queues.redrive(orders)
    dead = found.dead_letter_queue
    return (dead.name if isinstance(dead, Queue) else dead), found.max_receive_count


def test_no_redrive_policy_means_no_dead_letter_queue() -> None:
    assert redrive_of({"Ref": "AWS::NoValue"}) == (None, None)


def test_a_redrive_policy_names_the_dead_letter_queue_and_the_receives() -> None:
    assert redrive_of({"deadLetterTargetArn": arn("Dead"), "maxReceiveCount": "7"}) == ("Dead", 7)


def test_a_redrive_policy_may_be_a_text() -> None:
    assert redrive_of(json.dumps({"deadLetterTargetArn": _ELSEWHERE, "maxReceiveCount": 7})) == (_ELSEWHERE, 7)


@pytest.mark.parametrize("text", ["{", "[]", '{"deadLetterTargetArn": "x", "maxReceiveCount": Infinity}'])
def test_a_text_that_is_no_redrive_policy_is_unknown(text: str) -> None:
    assert redrive_of(text) == (UNKNOWN, UNKNOWN)


def test_without_a_number_sqs_allows_ten_receives() -> None:
    assert redrive_of({"deadLetterTargetArn": arn("Dead")}) == ("Dead", 10)


def test_a_hidden_number_of_receives_does_not_hide_the_dead_letter_queue() -> None:
    assert redrive_of({"deadLetterTargetArn": arn("Dead"), "maxReceiveCount": UNSEEN}) == ("Dead", UNKNOWN)


@pytest.mark.parametrize(
    "policy", [UNSEEN, {"Fn::If": ["Prod", {"deadLetterTargetArn": arn("Dead")}, {"Ref": "AWS::NoValue"}]}]
)
def test_a_redrive_policy_that_only_the_deployment_decides_is_unknown(policy: object) -> None:
    found, receives = redrive_of(policy)

    assert found is UNKNOWN
    assert receives is UNKNOWN


def test_a_dead_letter_queue_that_nobody_can_see_is_there_all_the_same() -> None:
    queues = Queues(app(Orders=queue(RedrivePolicy={"deadLetterTargetArn": UNSEEN, "maxReceiveCount": 5})))
    [orders] = queues.all()

    redrive = queues.redrive(orders)

    assert redrive.is_there is True
    assert isinstance(redrive.dead_letter_queue, Queue)
    assert redrive.dead_letter_queue.retention is UNKNOWN


def test_two_queues_may_be_each_others_dead_letter_queue() -> None:
    there, back = ({"deadLetterTargetArn": arn(name), "maxReceiveCount": 5} for name in ("B", "A"))

    assert {each.name for each in Queues(app(A=queue(RedrivePolicy=there), B=queue(RedrivePolicy=back))).all()} == {
        "A",
        "B",
    }


def test_a_queue_elsewhere_is_one_by_its_arn_its_url_and_its_name() -> None:
    of = app(First=mapping())
    queues, resource = Queues(of), of.resources[0]

    by_arn = queues.at(resource, _ELSEWHERE)
    by_name = queues.at(resource, "theirs", is_queue=True)
    by_url = queues.at(resource, "https://sqs.eu-west-1.amazonaws.com/111122223333/theirs", is_queue=True)

    assert by_arn is by_name is by_url
    assert by_arn is not None
    assert by_arn.visibility_timeout is UNKNOWN
    assert by_arn.fifo is False


def test_a_queue_elsewhere_tells_by_its_name_that_it_is_fifo() -> None:
    of = app(First=mapping())
    found = Queues(of).at(of.resources[0], f"{_ELSEWHERE}.fifo")

    assert found is not None
    assert found.fifo is True


def test_one_parameter_is_one_queue_within_a_template_and_another_in_the_next() -> None:
    of = App([template({"First": mapping(), "Second": mapping()}), template({"Third": mapping()}, file="other.json")])
    queues = Queues(of)

    first, second, third = (queues.at(each, UNSEEN, is_queue=True) for each in of.resources)

    assert first is second is not third
    assert first is not None
    assert first.fifo is UNKNOWN


def test_queues_of_one_name_in_two_stages_are_two() -> None:
    named = {"Orders": queue(QueueName="orders"), "First": mapping()}
    of = App([template(named, stage="dev"), template(named, stage="prod")])
    queues = Queues(of)

    found = [queues.at(each, "arn:aws:sqs:eu-west-1:111122223333:orders") for each in of.of_type(mapping()["Type"])]

    assert [each and each.resource for each in found] == of.of_type("AWS::SQS::Queue")


@pytest.mark.parametrize(
    "value", [None, arn("Topic"), UNSEEN, "arn:aws:kinesis:eu-west-1:111122223333:stream/s", 7, ["x"], {"Fn::Nope": 1}]
)
def test_what_is_not_known_to_be_a_queue_is_none(value: object) -> None:
    of = app(First=mapping(), Topic=of_type("AWS::SNS::Topic"))

    assert Queues(of).at(of.resources[0], value) is None
