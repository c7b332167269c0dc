"""What a version of the order check left behind, as the records of the report: ledger, rows, stream, objects, logs."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from constructs_lib.runtime._shared.change import Item
from constructs_lib.runtime._shared.store import from_attributes
from constructs_lib.runtime.delayed_check.contract import Metric
from constructs_lib.runtime.delayed_check.row import PUBLISHED, Row, State
from local.clients import Clients
from local.demo.delayed_check_plan import DEADLINE, DELAY, Planned
from local.demo.delayed_check_shop import Shop
from local.logs import Journal
from local.queues import read_all, reason_of
from local.report.delayed_check import objects
from local.report.delayed_check.experiment import Contact, Event, Kill, Order, Version
from local.twilio import Behaviour, Request, Twilio

#: What is logged of an order by the naive function when it did not ask the provider.
_NOT_CALLED = {"settled", "opted out", "control"}
_IN_AN_ARM = {"opted out", "control"}
_BATCH = 10
#: Seconds for which a dead letter that was read stays away, so that it is read once.
_HIDDEN = 60
#: In a reason, what differs from message to message.
_NAMED = re.compile(r"'?order-\d+'?")
_NO_REASON = "received too often, and nobody wrote down why"
_KILLED_AFTER = "the provider had taken the call"


@dataclass(slots=True)
class Passage:
    """How one order passed through a version. Times are epoch seconds."""

    decisions: int = 0
    exposures: int = 0
    decided_at: float | None = None
    row: Row | None = None

    def decided(self, at: float, *, is_exposed: bool) -> None:
        """Note one decision."""
        self.decisions += 1
        self.exposures += is_exposed
        self.decided_at = at if self.decided_at is None else min(at, self.decided_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """What was read of a version."""

    passages: Mapping[str, Passage]
    events: Mapping[str, list[Event]] = field(default_factory=dict)
    writes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetters:
    """Messages that nobody could handle: how many by queue, and why."""

    counts: Mapping[str, int]
    reasons: Mapping[str, int] = field(default_factory=dict)


def dead_letters(clients: Clients, urls: Mapping[str, str]) -> DeadLetters:
    """What is in the dead letter queues, given by name."""
    letters = [(name, one) for name, url in urls.items() for one in read_all(clients, url, hidden=_HIDDEN)]
    reasons = Counter(f"{name}: {_NAMED.sub('an order', reason_of(one) or _NO_REASON)}" for name, one in letters)
    counts = Counter(name for name, _ in letters)
    return DeadLetters(counts={name: counts[name] for name in urls}, reasons=reasons)


def trail_of_rows(clients: Clients, table: str, *, bucket: str, folder: Path, epoch: float) -> Trail:
    """What DelayedCheck's table, its stream and its outcome objects say."""
    changes = list(read_stream(clients, table))
    passages = passages_of(changes)
    objects.download(clients, bucket, folder)
    events = objects.events_of(objects.read(folder).details, epoch=epoch)
    writes = Counter("UpdateItem: " + ("a new row" if not old else "a change") for old, _ in changes)
    return Trail(passages=passages, events=events, writes=writes)


def passages_of(changes: Sequence[tuple[Item, Item]]) -> dict[str, Passage]:
    """Decisions, exposures and the newest row of each order, from all changes of rows in their order."""
    passages: dict[str, Passage] = defaultdict(Passage)
    for old, new in changes:
        row, before = Row.of(new), Row.of(old)
        if row is None:
            continue
        passage = passages[row.unit]
        passage.row = row
        is_exposed = row.arm is not None and (before is None or before.arm != row.arm)
        was_open = before is None or before.state is State.SCHEDULED
        if was_open and row.state is not State.SCHEDULED:
            passage.decided((row.decided_at or row.recorded_at) / 1000, is_exposed=is_exposed)
        elif is_exposed or (before and row.decided_at != before.decided_at):
            # An arm or a decision that changes later must never be; it would be one more.
            passage.decided(row.recorded_at / 1000, is_exposed=is_exposed)
    return dict(passages)


def trail_of_logs(journal: Journal, requests: Sequence[Request]) -> Trail:
    """What the naive function decided: it asked the provider, or says why not."""
    passages: dict[str, Passage] = defaultdict(Passage)
    for line in journal.lines:
        result = line.fields.get("result")
        if line.fields["message"] == "order checked" and result in _NOT_CALLED:
            passages[str(line.fields["order_id"])].decided(line.at, is_exposed=result in _IN_AN_ARM)
    for request in requests:
        passages[request.order].decided(request.at, is_exposed=True)
    return Trail(passages=dict(passages))


def version(
    planned: Sequence[Planned],
    shop: Shop,
    twilio: Twilio,
    trail: Trail,
    *,
    epoch: float,
    dead_letters: DeadLetters,
    journals: Mapping[str, Journal],
) -> Version:
    """Everything of one version. Times count from `epoch`."""
    requests = defaultdict(list)
    for request in twilio.requests():
        requests[request.order].append(request)
    placed = {one.unit for one in planned if one.unit in shop.placed_at}
    orders = [
        _order(one, shop, requests[one.unit], trail, epoch=epoch) for one in planned if one.unit in shop.placed_at
    ]
    return Version(
        orders=orders,
        lateness=[round(one.decided_at - one.due_at, 3) for one in orders if one.decided_at is not None],
        dead_letters=dict(dead_letters.counts),
        reasons=dict(dead_letters.reasons),
        invocations={name: len(journal.invocations) for name, journal in journals.items()},
        writes=dict(trail.writes),
        metrics=dict(sum((journal.metrics for journal in journals.values()), Counter())),
        raised=sorted({unit for journal in journals.values() for unit in journal.counted[Metric.UNKNOWN]} & placed),
    )


def _order(planned: Planned, shop: Shop, requests: Sequence[Request], trail: Trail, *, epoch: float) -> Order:
    unit = planned.unit
    placed = shop.placed_at[unit] - epoch
    passage = trail.passages.get(unit, Passage())
    row, settled = passage.row, shop.settled_at.get(unit)
    killed = [request for request in requests if request.behaviour is Behaviour.KILLS]
    return Order(
        unit=unit,
        placed_at=round(placed, 3),
        due_at=round(placed + DELAY, 3),
        deadline_at=round(placed + DEADLINE, 3),
        starts=[round(at - epoch, 3) for at in shop.starts[unit]],
        again=dict(shop.again[unit]),
        kills=[Kill(at=round(request.at - epoch, 3), after=_KILLED_AFTER) for request in killed],
        decisions=passage.decisions,
        exposures=passage.exposures,
        decided_at=None if passage.decided_at is None else round(passage.decided_at - epoch, 3),
        state=str(row.state) if row else "",
        arm=row.arm if row else None,
        reason=row.reason if row else None,
        outcome=row.outcome if row else None,
        provider_id=row.provider_id if row else None,
        contacts=[_contact(request, epoch=epoch) for request in requests],
        settled_at=None if settled is None else round(settled - epoch, 3),
        events=list(trail.events.get(unit, [])),
    )


def _contact(request: Request, *, epoch: float) -> Contact:
    status = request.behaviour.status
    return Contact(
        at=round(request.at - epoch, 3),
        status=None if status is None else int(status),
        rang=request.behaviour.calls,
        provider_id=request.sid,
    )


def read_stream(clients: Clients, table: str) -> list[tuple[Item, Item]]:
    """Every change of a table's rows, old and new, in their order."""
    return [(_image(one, "OldImage"), _image(one, "NewImage")) for one in stream_records(clients, table)]


def stream_records(clients: Clients, table: str) -> list[dict[str, Any]]:
    """Every record of a table's stream, in their order."""
    arn = clients.client("dynamodb").describe_table(TableName=table)["Table"]["LatestStreamArn"]
    streams = clients.client("dynamodbstreams")
    found: list[dict[str, Any]] = []
    for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        iterator = streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        ).get("ShardIterator")
        while iterator:
            page = streams.get_records(ShardIterator=iterator)
            found += page["Records"]
            # A shard that is open never ends.
            iterator = page.get("NextShardIterator") if page["Records"] else None
    return found


def rows(clients: Clients, table: str) -> list[Row]:
    """Every row of a table as it is now."""
    pages = clients.client("dynamodb").get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    found = (Row.of(from_attributes(item)) for page in pages for item in page["Items"])
    return [row for row in found if row is not None]


def is_at_rest(row: Row) -> bool:
    """Whether nothing more happens to an order, but for a report or a further question to the provider."""
    return row.state in PUBLISHED and (row.state is not State.UNKNOWN or row.asked > 0)


def deliver_stream_again(clients: Clients, table: str, *, share: int) -> Counter[str]:
    """Let the function that publishes outcomes get each so many-th change once more; how many of each order."""
    arn = clients.client("dynamodb").describe_table(TableName=table)["Table"]["LatestStreamArn"]
    chosen = [one for one in stream_records(clients, table)[::share] if "NewImage" in one["dynamodb"]]
    for mapping in clients.client("lambda").list_event_source_mappings(EventSourceArn=arn)["EventSourceMappings"]:
        for first in range(0, len(chosen), _BATCH):
            records = [{**one, "eventSourceARN": arn} for one in chosen[first : first + _BATCH]]
            payload = json.dumps({"Records": records}, default=lambda time: time.timestamp()).encode()
            clients.client("lambda").invoke(FunctionName=mapping["FunctionArn"], Payload=payload)
    return Counter(str(_image(one, "NewImage").get("unit")) for one in chosen)


def _image(record: Mapping[str, Any], name: str) -> Item:
    return from_attributes(record["dynamodb"].get(name, {}))
