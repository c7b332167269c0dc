"""What a template says of a resource beside its properties."""

from aws_cdk import aws_sqs as sqs

from constructs_lib import _metadata
from tests.helpers.synth import new_stack, of_type


def test_numbers_and_reasons_stand_under_the_librarys_name() -> None:
    stack = new_stack()

    _metadata.tell(sqs.Queue(stack, "Queue"), sizing={"pace": 1.5}, acknowledge={"R3": "a reason"})

    (queue,) = of_type(stack, "AWS::SQS::Queue").values()
    assert queue["Metadata"] == {"constructs-lib": {"sizing": {"pace": 1.5}, "acknowledge": {"R3": "a reason"}}}


def test_nothing_to_say_leaves_no_trace() -> None:
    stack = new_stack()

    _metadata.tell(sqs.Queue(stack, "Queue"), acknowledge={})

    (queue,) = of_type(stack, "AWS::SQS::Queue").values()
    assert "Metadata" not in queue
