"""What one order costs from start to outcome: requests counted in the test kit, times list prices.

Each story is played by the real handlers, in virtual time, with one order and nobody beside it, and what AWS would bill
is counted: writes and write units, SQS requests, invocations, events. An order before it has frozen the weights. Prices
are in `billing.py`. Of the running time the provider's answer and the pace are clocked; the rest is assumed below.

Beside it stands what others charge for the wait alone, by arithmetic. They leave the row, the claim, the contact and
the outcome to whoever uses them.
"""

import argparse
import json
import logging
from collections.abc import Mapping
from typing import NamedTuple

from benchmarks.billing import (
    DURABLE_OPERATION,
    EVENT,
    GB_SECOND,
    INVOCATION,
    SCHEDULE,
    SQS_REQUEST,
    TRANSITION,
    WRITE_UNIT,
    Counted,
)
from constructs_lib.runtime.delayed_check import Ambiguous, CheckHandler, Context, bucket
from constructs_lib.runtime.delayed_check.testing import CheckRunner, Experiment

#: Gigabytes of each function.
MEMORY = 0.25
#: Seconds of an invocation's own work, assumed; of the provider's answer. One that has called also rests, which the kit
#: clocks: two workers that keep to one call a second begin one every two seconds each.
OWN_WORK, ANSWER = 0.05, 0.4
#: Seconds from the contact to the provider's report.
RINGING = 20.0
HALF = Experiment(key="call-late-orders", version=1, arms={"call": 50, "control": 50}, control="control")
_MINUTE = 60.0


class Count(NamedTuple):
    """What AWS would bill for an order.

    Attributes:
        writes: To the table.
        units: Write units of these.
        messages: In the three queues.
        requests: Of SQS's: sends, receives, deletes, and changes of the visibility.
        invocations: Of all functions, the webhook's too; for each record of the stream one.
        seconds: Of virtual time in them: the provider's, and the rest after a call.
        events: On the bus.
        schedules: Of Scheduler's.
    """

    writes: int
    units: int
    messages: int
    requests: int
    invocations: int
    seconds: float
    events: int
    schedules: int

    def since(self, earlier: "Count") -> "Count":
        """What came on top."""
        values = self._asdict().items()
        return Count(**{name: value - getattr(earlier, name) for name, value in values})

    @property
    def usd(self) -> float:
        """Without the running time."""
        return (
            self.units * WRITE_UNIT
            + self.requests * SQS_REQUEST
            + self.invocations * INVOCATION
            + self.events * EVENT
            + self.schedules * SCHEDULE
        )

    @property
    def running_usd(self) -> float:
        """The running time alone, with the assumed durations."""
        return (self.seconds + self.invocations * OWN_WORK) * MEMORY * GB_SECOND


class Shop(CheckHandler):
    """Nothing has settled; the provider takes what it gets, and reports it a little later."""

    runner: CheckRunner
    reports = 0
    settled = False
    answers = True

    def is_settled(self, ctx: Context, unit: str) -> bool:  # noqa: ARG002 - its part
        """Whether there is nothing to do."""
        return self.settled

    def contact(self, ctx: Context, unit: str, arm: str | None, token: str) -> str:  # noqa: ARG002 - its part
        """Call."""
        runner = Shop.runner
        runner.clock.sleep(ANSWER)
        if not self.answers:
            raise Ambiguous("timed out")
        runner.at(runner.seconds + RINGING, lambda: self._report(unit, token))
        return f"call-{unit}"

    def reconcile(self, ctx: Context, unit: str, token: str) -> str | None:  # noqa: ARG002 - its part
        """The call was made."""
        Shop.runner.at(Shop.runner.seconds + RINGING, lambda: self._report(unit, token))
        return f"call-{unit}"

    @staticmethod
    def _report(unit: str, token: str) -> None:
        Shop.reports += 1
        Shop.runner.record_outcome(unit, token, "answered")


class SettledShop(Shop):
    """Whatever is looked at has settled."""

    settled = True


class SilentShop(Shop):
    """The provider calls, and does not answer."""

    answers = False


class Story(NamedTuple):
    """An order."""

    shop: type[Shop]
    unit: str
    state: str
    delay: float = 5 * _MINUTE
    starts: int = 1


#: Orders of the one arm and of the other; one more has frozen the weights.
CALLED, CONTROL = (
    next(unit for unit in (f"order-{number}" for number in range(99)) if bucket(HALF.key, 1, unit, HALF.arms) == arm)
    for arm in ("call", "control")
)
EARLIER = "an earlier order"
STORIES: Mapping[str, Story] = {
    "called, and answered": Story(Shop, CALLED, "OUTCOME"),
    "control": Story(Shop, CONTROL, "CONTROL"),
    "settled before it was due": Story(SettledShop, CALLED, "NOT_ELIGIBLE"),
    "called, after an hour": Story(Shop, CALLED, "OUTCOME", delay=60 * _MINUTE),
    "called, started 20 times": Story(Shop, CALLED, "OUTCOME", starts=20),
    "called, no answer, found a minute later": Story(SilentShop, CALLED, "OUTCOME"),
}
#: What others charge for the wait alone: how many units, from and to, at which price; and how sure that is.
WAITS: Mapping[str, tuple[int, int, float, str]] = {
    "SQS, a delayed message": (3, 3, SQS_REQUEST, "send, receive, delete; up to 15 minutes"),
    "EventBridge Scheduler alone": (1, 1, SCHEDULE, "precise to a minute; after 14 million free ones"),
    "Step Functions, standard, Wait": (4, 6, TRANSITION, "transitions of a small workflow; our count"),
    "Lambda durable functions, wait": (4, 6, DURABLE_OPERATION, "operations; price at second hand; data written extra"),
}


def play(story: Story) -> Count:
    """Count what an order takes.

    Raises:
        AssertionError: It did not end as the story has it.
    """
    deadline = story.delay + 5 * _MINUTE
    Shop.runner, Shop.reports = CheckRunner(story.shop, delay=story.delay, deadline=deadline, experiment=HALF), 0
    runner, table = Shop.runner, Counted(Shop.runner.table)
    runner.start(EARLIER)
    runner.run()
    earlier = counted(runner, table)
    runner.start(story.unit, times=story.starts)
    runner.run()
    row = runner.orders[story.unit]
    if row.state != story.state or runner.dead_letters:
        raise AssertionError(f"{story.unit} must end as {story.state}, got {row.state}, {runner.dead_letters}")
    return counted(runner, table).since(earlier)


def counted(runner: CheckRunner, table: Counted) -> Count:
    """What was billed up to now."""
    queues = [pipe.queue for pipe in runner.simulation.pipes.values()]
    runs = [run for run in runner.runs if run.function != "outcomes"]  # these would share batches by chance
    messages = sum(len(queue.attempts) for queue in queues)
    receives = sum(sum(queue.attempts.values()) for queue in queues)
    hidings = sum(len(waits) for queue in queues for waits in queue.waits.values())
    return Count(
        writes=table.writes,
        units=table.units,
        messages=messages,
        requests=2 * messages + receives + hidings,  # each is sent and deleted once
        invocations=len(runs) + table.changes + Shop.reports,
        seconds=sum(run.seconds for run in runs),
        events=len(runner.outcomes),
        schedules=len(runner.simulation.outbound.schedules),
    )


def main() -> None:
    """Print a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args()
    logging.getLogger("constructs_lib").addHandler(logging.NullHandler())  # one story has retries, and says so
    counts = {name: play(story) for name, story in STORIES.items()}
    waits = {name: (low * price * 1e6, high * price * 1e6, note) for name, (low, high, price, note) in WAITS.items()}
    if arguments.json:
        orders = {
            name: {**count._asdict(), "usd": count.usd, "running_usd": count.running_usd}
            for name, count in counts.items()
        }
        print(json.dumps({"orders": orders, "usd_per_million_waits": waits}, indent=2))
        return
    print("one order, counted in the test kit; USD per million by list prices of us-east-1, without free tiers")
    print(f"{'':42}{'writes':>7}{'units':>7}{'SQS':>5}{'runs':>6}{'events':>8}{'USD':>8}{'+ time':>8}")
    for name, count in counts.items():
        figures = f"{count.writes:7}{count.units:7}{count.requests:5}{count.invocations:6}{count.events:8}"
        print(f"{name:42}{figures}{count.usd * 1e6:8.2f}{count.running_usd * 1e6:8.2f}")
    print("\nthe wait alone, USD per million, by arithmetic")
    for name, (low, high, note) in waits.items():
        shown = f"{low:.2f}" if low == high else f"{low:.0f} to {high:.0f}"
        print(f"{name:42}{shown:>12}  {note}")


if __name__ == "__main__":
    main()
