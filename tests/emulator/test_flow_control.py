"""Every promise of the flow, on the emulator: a real deploy, real queues, a courier that misbehaves.

All messages are sent at once and then each test waits for its own, so that the backoffs pass side by side.
"""

import json
import re
import shlex
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

import pytest

from local.deploy import Deployer
from local.emulator import ROOT, Emulator
from tests.emulator.courier import Answer, Courier, open_courier

pytestmark = pytest.mark.emulator

#: Seconds that a test waits for what must happen; nothing is asserted of how long it took.
PATIENCE = 120
T = TypeVar("T")

#: The derived receives of a downstream that fails one call in a hundred.
RECEIVES = 5
#: Six times the timeout of the flow's consumer, in seconds.
VISIBILITY_TIMEOUT = 18


@dataclass(frozen=True, kw_only=True)
class World:
    """The deployed flows and what stands around them."""

    emulator: Emulator
    courier: Courier
    outputs: dict[str, str]

    def send(self, queue: str, *bodies: object, group: str | None = None, **attributes: str) -> None:
        """Send messages together."""
        entries: list[Any] = []
        for place, body in enumerate(bodies):
            entry: dict[str, Any] = {
                "Id": str(place),
                "MessageBody": body if isinstance(body, str) else json.dumps(body),
                "MessageAttributes": {
                    name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
                },
            }
            if group is not None:
                entry |= {"MessageGroupId": group, "MessageDeduplicationId": str(uuid.uuid4())}
            entries.append(entry)
        self.emulator.client("sqs").send_message_batch(QueueUrl=self.outputs[f"{queue}QueueUrl"], Entries=entries)

    def dead_letters(self, queue: str) -> list[dict[str, Any]]:
        """What is in a flow's dead-letter queue now; it stays there."""
        found: dict[str, dict[str, Any]] = {}
        while True:
            answer = self.emulator.client("sqs").receive_message(
                QueueUrl=self.outputs[f"{queue}DeadLetterQueueUrl"],
                MaxNumberOfMessages=10,
                MessageAttributeNames=["All"],
                AttributeNames=["All"],
                VisibilityTimeout=0,
            )
            new = {one["MessageId"]: dict(one) for one in answer.get("Messages", [])}
            if new.keys() <= found.keys():
                return list(found.values())
            found |= new

    def dead_letter(self, queue: str, body: str) -> dict[str, Any]:
        """Wait for one message in a flow's dead-letter queue."""
        return until(lambda: next((one for one in self.dead_letters(queue) if one["Body"] == body), None))

    def logged_delays(self, message_id: str) -> list[int]:
        """The seconds that the handler's RETRY lines give for one message, in their order."""
        group = f"/aws/lambda/{self.outputs['SingleConsumerName']}"
        answer = self.emulator.client("logs").filter_log_events(logGroupName=group, filterPattern=message_id)
        found = (re.search(rf"RETRY {message_id} in (\d+) s", one["message"]) for one in answer["events"])
        return [int(match[1]) for match in found if match]

    def waiting(self, queue: str) -> int:
        """Messages in a flow's queue, in flight or hidden too."""
        attributes = (
            self.emulator.client("sqs")
            .get_queue_attributes(QueueUrl=self.outputs[f"{queue}QueueUrl"], AttributeNames=["All"])
            .get("Attributes", {})
        )
        hidden = attributes["ApproximateNumberOfMessagesNotVisible"]
        return int(attributes["ApproximateNumberOfMessages"]) + int(hidden)


def until(look: Callable[[], T | None]) -> T:
    """Look until something is there."""
    deadline = time.monotonic() + PATIENCE
    while not (found := look()):
        assert time.monotonic() < deadline, f"did not happen within {PATIENCE} s"
        time.sleep(0.1)
    return found


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """The flows, with everything sent."""
    with Emulator() as emulator, open_courier() as courier:
        deployer = Deployer(emulator, app=shlex.join([sys.executable, "-m", "tests.emulator.app"]), folder=ROOT)
        deployer.bootstrap()
        outputs = deployer.deploy()["FlowsUnderTest"]
        world = World(emulator=emulator, courier=courier, outputs=outputs)
        _send_everything(world)
        yield world


def _send_everything(world: World) -> None:
    courier = world.courier
    taken = Answer()
    broken = Answer(status=503)

    world.send("Single", {"url": courier.expect("plain", taken)})
    world.send("Single", {"url": courier.expect("attribute", taken)}, correlation_id="told-by-sender")
    world.emulator.client("events").put_events(
        Entries=[
            {
                "EventBusName": world.outputs["BusName"],
                "Source": "shop",
                "DetailType": "order",
                "Detail": json.dumps(
                    {"url": courier.expect("event", taken), "metadata": {"correlation_id": "event-1"}}
                ),
            }
        ]
    )
    world.emulator.client("sns").publish(
        TopicArn=world.outputs["TopicArn"],
        Message=json.dumps({"url": courier.expect("topic", taken)}),
        MessageAttributes={"correlation_id": {"DataType": "String", "StringValue": "topic-1"}},
    )
    world.send("Single", {"url": courier.expect("flaky", broken, broken, broken, taken)})
    world.send("Single", {"url": courier.expect("throttled", Answer(status=429, headers={"Retry-After": "4"}), taken)})
    world.send("Single", {"url": courier.expect("poison", broken)}, shop="north")
    world.send("Single", {"url": courier.expect("unknown-address", Answer(status=404))}, shop="north")
    world.send("Single", {"refuse": "the order has no address"})
    world.send("Single", '{"url": ')
    world.send("Single", {"url": courier.expect("killed", Answer(headers={"Then": "die"}), taken)})
    world.send(
        "Batch",
        *(
            {"url": courier.expect(f"batch-{n}", *script)}
            for n, script in enumerate([[taken], [broken, taken], [taken], [Answer(after=3), taken], [taken]])
        ),
    )
    in_order = [[taken], [broken, taken], [taken], [Answer(status=404)], [taken]]
    world.send(
        "InOrder",
        *({"url": courier.expect(f"in-order-{n}", *script)} for n, script in enumerate(in_order)),
        group="customer-1",
    )
    world.send("InOrder", {"url": courier.expect("other-customer", taken)}, group="customer-2")


def test_a_message_is_delivered_once(world: World) -> None:
    until(lambda: world.courier.accepted("plain"))

    assert [call.attempt for call in world.courier.calls["plain"]] == [1]


def test_the_sender_names_the_correlation_id_in_an_attribute(world: World) -> None:
    assert until(lambda: world.courier.accepted("attribute")) == {"told-by-sender"}


def test_an_event_of_a_bus_is_opened(world: World) -> None:
    assert until(lambda: world.courier.accepted("event")) == {"event-1"}


def test_a_message_of_a_topic_is_opened(world: World) -> None:
    assert until(lambda: world.courier.accepted("topic")) == {"topic-1"}


def test_a_failed_call_is_made_again_after_the_backoff_that_was_logged(world: World) -> None:
    until(lambda: world.courier.accepted("flaky"))

    calls = world.courier.calls["flaky"]
    gaps = [later.at - earlier.at for earlier, later in pairwise(calls)]
    delays = until(lambda: delays if len(delays := world.logged_delays(calls[0].key)) == len(gaps) else None)
    assert [call.attempt for call in calls] == [1, 2, 3, 4]
    assert all(delay <= most for delay, most in zip(delays, (2, 4, 8), strict=True))
    assert all(gap >= delay for gap, delay in zip(gaps, delays, strict=True))
    # Without a backoff of its own, each retry would wait for the visibility timeout.
    assert gaps[0] < VISIBILITY_TIMEOUT


def test_a_retry_after_is_waited_for(world: World) -> None:
    until(lambda: world.courier.accepted("throttled"))

    first, second = world.courier.calls["throttled"]
    assert second.at - first.at >= 4


def test_a_poison_message_ends_in_the_dead_letter_queue_with_its_reason(world: World) -> None:
    letter = until(lambda: next((one for one in world.dead_letters("Single") if "/poison" in one["Body"]), None))

    assert len(world.courier.calls["poison"]) == RECEIVES
    assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "RETRIES_EXHAUSTED"
    assert letter["MessageAttributes"]["shop"]["StringValue"] == "north"


def test_a_permanent_error_is_dead_lettered_at_once(world: World) -> None:
    letter = until(
        lambda: next((one for one in world.dead_letters("Single") if "unknown-address" in one["Body"]), None)
    )

    assert len(world.courier.calls["unknown-address"]) == 1
    assert "404" in letter["MessageAttributes"]["ERROR_MESSAGE"]["StringValue"]
    assert letter["MessageAttributes"]["shop"]["StringValue"] == "north"


def test_the_author_s_reason_is_on_the_dead_letter(world: World) -> None:
    letter = world.dead_letter("Single", json.dumps({"refuse": "the order has no address"}))

    assert letter["MessageAttributes"]["ERROR_MESSAGE"]["StringValue"] == "the order has no address"


def test_malformed_json_is_kept_whole_in_the_dead_letter_queue(world: World) -> None:
    letter = world.dead_letter("Single", '{"url": ')

    assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "MALFORMED_JSON"


def test_a_worker_killed_after_its_call_makes_a_duplicate_that_the_key_tells(world: World) -> None:
    until(lambda: len(world.courier.calls["killed"]) > 1)

    first, second = world.courier.calls["killed"]
    assert (first.attempt, second.attempt) == (1, 2)
    assert len(world.courier.accepted("killed")) == 1


def test_only_the_failed_messages_of_a_batch_come_back(world: World) -> None:
    until(lambda: all(world.courier.accepted(f"batch-{n}") for n in range(5)) and world.waiting("Batch") == 0)

    # The second failed; the fourth was slow, so that its first call was given up and made again.
    assert [len(world.courier.calls[f"batch-{n}"]) for n in range(5)] == [1, 2, 1, 2, 1]


def test_a_group_keeps_its_order_through_a_failure(world: World) -> None:
    until(lambda: world.courier.accepted("in-order-4"))

    calls = sorted((call.at, n) for n in range(5) for call in world.courier.calls[f"in-order-{n}"])
    assert [n for _, n in calls] == [0, 1, 1, 2, 3, 4]
    assert until(lambda: world.courier.accepted("other-customer"))
    assert len(until(lambda: world.dead_letters("InOrder"))) == 1


def test_nothing_is_left_and_nothing_is_lost(world: World) -> None:
    until(lambda: all(world.waiting(queue) == 0 for queue in ("Single", "Batch", "InOrder")))

    assert len(world.dead_letters("Single")) == 4
