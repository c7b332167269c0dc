import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from constructs_lib.runtime._shared.environment import SettingsError
from constructs_lib.runtime._shared.store import to_attribute
from constructs_lib.runtime.delayed_check import outcomes
from constructs_lib.runtime.delayed_check.contract import ENVIRONMENT_PREFIX, OUTCOMES_HANDLER, Metric
from constructs_lib.runtime.delayed_check.log import Journal
from constructs_lib.runtime.delayed_check.outbound import Published
from constructs_lib.runtime.delayed_check.row import PUBLISHED, Row, State, event_id_of
from tests.runtime.delayed_check.stage import SETTINGS

ROW = Row(unit="order-1", state=State.DIALED, placed_at=1_800_000_000_000, provider_id="call-1", arm="call")
NOTHING_FAILED: dict[str, Any] = {"batchItemFailures": []}


class Bus:
    """Takes so many events of a batch, and then no more."""

    def __init__(self) -> None:
        self.details: list[Mapping[str, Any]] = []
        self.buses: list[str] = []
        self.room = 1000

    def publish(self, details: Sequence[Mapping[str, Any]], event_bus: str) -> Published:
        taken = details[: self.room]
        self.details += json.loads(json.dumps(taken))
        self.buses.append(event_bus)
        return Published(len(taken), "ThrottlingException" if len(taken) < len(details) else "")


@pytest.fixture
def bus() -> Bus:
    return Bus()


@pytest.fixture
def handler(bus: Bus) -> outcomes.OutcomesHandler:
    return outcomes.handler.using(settings=SETTINGS, publish=bus.publish, journal=Journal())


def image(row: Row) -> dict[str, Any]:
    held = {name: value for name, value in row._asdict().items() if value is not None}
    return {name: to_attribute(value) for name, value in held.items()}


def change(new: Row, old: Row | None = None, *, number: int = 1, key: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "Keys": {"pk": {"S": key or f"late-orders#{new.unit}"}},
        "NewImage": image(new),
        "SequenceNumber": str(number),
    }
    if old is not None:
        found["OldImage"] = image(old)
    return {"eventName": "MODIFY" if old else "INSERT", "eventSource": "aws:dynamodb", "dynamodb": found}


def batch(*records: object) -> dict[str, Any]:
    return {"Records": list(records)}


def test_it_is_the_handler_that_the_construct_names() -> None:
    module, _, name = OUTCOMES_HANDLER.rpartition(".")

    assert outcomes.__name__ == module
    assert callable(getattr(outcomes, name))


@pytest.mark.parametrize("state", State)
def test_what_is_to_be_told_is_told(handler: outcomes.OutcomesHandler, bus: Bus, state: State) -> None:
    row = ROW._replace(state=state)

    assert handler(batch(change(row, ROW._replace(state=State.SCHEDULED))), None) == NOTHING_FAILED

    assert [detail["state"] for detail in bus.details] == ([state] if state in PUBLISHED else [])
    assert all(detail["event_id"] == event_id_of("late-orders", "order-1") for detail in bus.details)
    assert set(bus.buses) <= {"outcomes"}


def test_a_change_that_changes_nothing_to_tell_is_not_told(handler: outcomes.OutcomesHandler, bus: Bus) -> None:
    # What is asked of the provider is written down, and is nobody else's business.
    handler(batch(change(ROW._replace(asked=2), ROW._replace(asked=1))), None)

    assert bus.details == []


def test_what_is_learned_later_has_the_same_id(handler: outcomes.OutcomesHandler, bus: Bus) -> None:
    unknown = ROW._replace(state=State.UNKNOWN, provider_id=None, recorded_at=1)
    dialed = ROW._replace(recorded_at=2)
    answered = dialed._replace(state=State.OUTCOME, outcome="answered", recorded_at=3)
    claimed = unknown._replace(state=State.CLAIMED)

    handler(batch(change(unknown, claimed), change(dialed, unknown), change(answered, dialed)), None)

    assert [detail["state"] for detail in bus.details] == ["UNKNOWN", "DIALED", "OUTCOME"]
    assert len({detail["event_id"] for detail in bus.details}) == 1
    times = [detail["recorded_at"] for detail in bus.details]
    assert times == sorted(times)


def test_a_record_that_comes_again_is_told_again_under_the_same_id(handler: outcomes.OutcomesHandler, bus: Bus) -> None:
    for _ in range(20):
        handler(batch(change(ROW)), None)

    assert len(bus.details) == 20
    assert len({json.dumps(detail) for detail in bus.details}) == 1


def test_from_the_first_that_the_bus_did_not_take_all_come_again(
    handler: outcomes.OutcomesHandler, bus: Bus, caplog: pytest.LogCaptureFixture
) -> None:
    bus.room = 2
    told = [change(ROW._replace(unit=f"order-{n}"), number=n) for n in range(3, 8)]
    silent = change(ROW._replace(unit="order-9", state=State.CLAIMED), number=2)

    assert handler(batch(silent, *told), None) == {"batchItemFailures": [{"itemIdentifier": "5"}]}
    assert "the event bus outcomes did not take 3 events, which come again: ThrottlingException" in caplog.text


def test_an_unknown_contact_is_counted_when_it_becomes_one(
    handler: outcomes.OutcomesHandler, bus: Bus, capsys: pytest.CaptureFixture[str]
) -> None:
    unknown = ROW._replace(state=State.UNKNOWN, reason="timed out")
    asked = unknown._replace(reason="timed out; asked 1 times")

    handler(batch(change(unknown, ROW._replace(state=State.CLAIMED)), change(asked, unknown)), None)

    counted = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["Check"], line[Metric.UNKNOWN]) for line in counted] == [("late-orders", 1)]
    assert len(bus.details) == 2


def test_what_was_not_published_is_not_counted_yet(
    handler: outcomes.OutcomesHandler, bus: Bus, capsys: pytest.CaptureFixture[str]
) -> None:
    bus.room = 0

    handler(batch(change(ROW._replace(state=State.UNKNOWN))), None)

    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "record",
    [
        {**change(ROW), "eventName": "REMOVE"},
        change(ROW, key="other#order-1"),
        change(ROW, key="late-orders@1"),
        change(ROW, key="late-orders"),
        change(ROW, key="late-orders-too#order-1"),
        {"eventName": "INSERT"},
        {"eventName": "INSERT", "dynamodb": []},
        {"eventName": "INSERT", "dynamodb": {"Keys": {"pk": {"S": "late-orders#order-1"}}}},
        {"eventName": "INSERT", "dynamodb": {"Keys": {"pk": {"N": "1"}}, "SequenceNumber": "1"}},
        {"eventName": "INSERT", "dynamodb": {"Keys": {"pk": {"S": "late-orders#x"}}, "SequenceNumber": "1"}},
        "order-1",
        None,
    ],
)
def test_what_is_none_of_this_check_s_rows_is_passed_over(
    handler: outcomes.OutcomesHandler, bus: Bus, caplog: pytest.LogCaptureFixture, record: object
) -> None:
    assert handler(batch(record), None) == NOTHING_FAILED
    assert (bus.details, caplog.records) == ([], [])


@pytest.mark.parametrize(
    "broken",
    [
        {"placed_at": {"S": "yesterday"}},
        {"placed_at": {"N": "1" * 30}},
        {"arm": {"S": "call", "N": "1"}},
        {"arm": "call"},
    ],
)
def test_a_row_that_cannot_be_read_holds_up_none_of_the_others(
    handler: outcomes.OutcomesHandler, bus: Bus, caplog: pytest.LogCaptureFixture, broken: Mapping[str, Any]
) -> None:
    record = change(ROW)
    record["dynamodb"]["NewImage"] |= broken

    assert handler(batch(record, change(ROW._replace(unit="order-2"), number=2)), None) == NOTHING_FAILED

    assert [detail["unit"] for detail in bus.details] == ["order-2"]
    assert "late-orders#order-1 of late-orders: reading a row raised " in caplog.text


@pytest.mark.parametrize("event", [None, {}, {"Records": {}}, {"detail": {}}])
def test_what_is_no_batch_is_refused(handler: outcomes.OutcomesHandler, event: object) -> None:
    with pytest.raises(ValueError, match="expected a batch of the table's stream, with a list of Records"):
        handler(event, None)


def test_two_checks_in_one_table_are_told_to_their_own_buses(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    other = SETTINGS._replace(check="other", event_bus="others")
    monkeypatch.setenv(f"{ENVIRONMENT_PREFIX}AAAA0001", SETTINGS.to_json())
    monkeypatch.setenv(f"{ENVIRONMENT_PREFIX}BBBB0002", other.to_json())
    records = [change(ROW), change(ROW, key="other#order-1"), change(ROW, key="third#order-1"), change(ROW)]

    assert outcomes.OutcomesHandler(publish=bus.publish)(batch(*records), None) == NOTHING_FAILED

    assert bus.buses == ["outcomes", "others", "outcomes"]
    assert [detail["check"] for detail in bus.details] == ["late-orders", "other", "late-orders"]
    assert len({detail["event_id"] for detail in bus.details}) == 2


def test_without_settings_the_batch_comes_again(bus: Bus) -> None:
    with pytest.raises(SettingsError):
        outcomes.OutcomesHandler(publish=bus.publish)(batch(change(ROW)), None)
