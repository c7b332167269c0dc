"""The queues of a check: what is in them is kept for as long as it is tried, and tried for as long as it counts."""

import pytest
from aws_cdk import Duration
from aws_cdk import aws_kms as kms

from constructs_lib import sizing
from constructs_lib.delayed_check import Downstream
from constructs_lib.runtime.delayed_check import CheckHandler, Context
from constructs_lib.runtime.delayed_check.testing import CheckRunner
from tests.helpers.check import (
    actions_of,
    check,
    flows,
    named,
    reference,
)
from tests.helpers.synth import function, new_stack, of_type, properties

DAY = 24 * 3600
WINDOWS = pytest.mark.parametrize(
    "seconds", [60, 300, 1800, DAY, 2 * DAY, 3 * DAY, 4 * DAY + 1, 5 * DAY - 3600, 5 * DAY]
)


def test_every_queue_is_encrypted_and_closed_to_plain_http_and_has_a_place_for_failures() -> None:
    stack = new_stack()

    found = check(stack)

    queues = of_type(stack, "AWS::SQS::Queue")
    assert {each["Properties"]["SqsManagedSseEnabled"] for each in queues.values()} == {True}
    policies = of_type(stack, "AWS::SQS::QueuePolicy")
    closed = {each["Properties"]["Queues"][0]["Ref"] for each in policies.values() if "SecureTransport" in str(each)}
    assert closed == set(queues)
    for queue, dead in (
        (found.start_queue, found.start_dead_letter_queue),
        (found.check_queue, found.check_dead_letter_queue),
        (found.contacts.queue, found.contacts.dead_letter_queue),
    ):
        assert dead is not None
        target = properties(queue)["RedrivePolicy"]["deadLetterTargetArn"]
        assert target == {"Fn::GetAtt": [reference(dead), "Arn"]}
        assert (
            properties(dead)["MessageRetentionPeriod"] == 14 * sizing.DAY > properties(queue)["MessageRetentionPeriod"]
        )


@pytest.mark.parametrize(("timeout", "visibility"), [(3, 6), (10, 20), (60, 120)])
def test_what_a_killed_run_had_comes_back_within_the_slack(timeout: int, visibility: int) -> None:
    stack = new_stack()

    found = check(stack, handler=function(stack, timeout=Duration.seconds(timeout)))

    for queue in (found.check_queue, found.contacts.queue):
        assert properties(queue)["VisibilityTimeout"] == visibility >= timeout + 1
    assert found.findings == []


@WINDOWS
def test_retries_outlast_the_deadline_and_the_queues_outlast_the_retries(seconds: int) -> None:
    stack = new_stack()
    handler = function(stack)

    found = check(stack, handler=handler, deadline=Duration.seconds(300 + seconds))

    for queue in (found.check_queue, found.contacts.queue):
        flow, of_queue = flows(handler)[named(queue)], properties(queue)
        receives = of_queue["RedrivePolicy"]["maxReceiveCount"]
        assert flow.max_receive_count == receives
        span = sizing.retry_span(receives, flow.backoff_cap)
        assert span >= seconds
        assert of_queue["MessageRetentionPeriod"] >= min(seconds + sizing.DAY, span)
    assert found.findings == []


@pytest.mark.parametrize("p99", [400, 1500, 6000])
def test_a_contact_has_the_time_of_its_function_however_fast_the_provider_is(p99: int) -> None:
    """It is several reads and two writes, too: one and a half of the call's time would end it before it is begun."""
    stack = new_stack()
    handler = function(stack, timeout=Duration.seconds(10))
    fast = Downstream(calls_per_second=5, mean_latency=Duration.millis(100), p99_latency=Duration.millis(p99))

    found = check(stack, handler=handler, contact_rate=fast)

    assert flows(handler)[named(found.contacts.queue)].call_timeout == 9
    assert found.findings == []


@pytest.mark.parametrize(("rate", "workers"), [(0.2, 2), (1, 2), (2.5, 5), (20, 40)])
def test_the_declared_rate_is_reached(rate: float, workers: int) -> None:
    """Two seconds a contact, where nobody knows better; so many may come at once."""
    stack = new_stack()

    found = check(
        stack, handler=function(stack, timeout=Duration.seconds(30)), contact_rate=Downstream(calls_per_second=rate)
    )

    assert found.contacts.sizing.max_concurrency == workers == found.contacts.downstream.burst or workers == 2
    assert found.contacts.sizing.pace == pytest.approx(workers / rate)
    assert found.contacts.sizing.pace >= 2
    assert found.findings == []


def test_a_burst_that_is_declared_is_kept() -> None:
    stack = new_stack()

    found = check(stack, contact_rate=Downstream(calls_per_second=20, burst=20))

    assert found.contacts.sizing.max_concurrency == found.contacts.downstream.burst == 20


def test_a_known_latency_is_what_a_contact_takes() -> None:
    quick = Downstream(calls_per_second=20, mean_latency=Duration.millis(300))

    assert check(new_stack(), contact_rate=quick).contacts.sizing.max_concurrency == 10


class Quiet(CheckHandler):
    def is_settled(self, ctx: Context, unit: str) -> bool:
        raise NotImplementedError

    def contact(self, ctx: Context, unit: str, arm: str | None, token: str) -> str:
        raise NotImplementedError


@WINDOWS
def test_the_oldest_contact_rings_while_there_is_as_much_time_left_to_contact(seconds: int) -> None:
    found = check(new_stack(), deadline=Duration.seconds(300 + seconds))

    (oldest,) = (each for each in found.contacts.alarms if "OldestMessage" in each.node.id)
    assert properties(oldest)["Threshold"] == pytest.approx(seconds / 2, abs=0.01)


@WINDOWS
def test_the_kit_tries_a_message_as_often_and_as_soon_as_the_construct(seconds: int) -> None:
    """Of a start with a deadline beyond what a queue keeps, too: five days, and five minutes."""
    stack = new_stack()
    handler = function(stack)
    found = check(stack, handler=handler, deadline=Duration.seconds(300 + seconds))

    kit = CheckRunner(Quiet, delay=300, deadline=300 + seconds, timeout=10).simulation.flows

    deployed = flows(handler) | flows(found.start_function)
    queues = {"start": found.start_queue, "check": found.check_queue, "contact": found.contacts.queue}
    for name, queue in queues.items():
        flow = deployed[named(queue)]
        assert (kit[name].max_receive_count, kit[name].backoff_cap) == (flow.max_receive_count, flow.backoff_cap)
        assert properties(queue)["RedrivePolicy"]["maxReceiveCount"] == flow.max_receive_count


def test_the_kit_has_as_many_workers_as_the_construct() -> None:
    sized = check(new_stack(), contact_rate=Downstream(calls_per_second=20)).contacts.sizing

    runner = CheckRunner(Quiet, contacts_per_second=20, timeout=10)

    assert runner.simulation.shapes["contact"].workers == sized.max_concurrency
    assert runner.simulation.shapes["contact"].visibility_timeout == sized.visibility_timeout


def test_a_provider_that_asks_for_a_second_each_time_does_not_use_up_the_receives() -> None:
    found = check(new_stack())

    assert properties(found.contacts.queue)["RedrivePolicy"]["maxReceiveCount"] >= 300


def test_a_key_encrypts_the_queues_and_the_table_and_everybody_may_use_it() -> None:
    stack = new_stack()
    handler = function(stack)

    found = check(stack, handler=handler, encryption_key=kms.Key(stack, "Key"))

    assert {"KmsMasterKeyId" in each["Properties"] for each in of_type(stack, "AWS::SQS::Queue").values()} == {True}
    assert properties(found.table)["SSESpecification"]["SSEEnabled"]
    for each in (handler, found.start_function, found.outcomes_function):
        assert {"kms:Decrypt", "kms:GenerateDataKey"} <= actions_of(each)
