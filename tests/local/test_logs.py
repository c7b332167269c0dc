import json
from typing import Any

from local.logs import PAGE, Journal, LogReader


def line(**fields: object) -> str:
    return json.dumps({"timestamp": "2026-01-02 03:04:05,250+0000", "service": "delivery", **fields})


def test_platform_lines_become_invocations_and_the_rest_that_is_not_json_is_left_out() -> None:
    journal = Journal()

    for message in (
        "START RequestId: abc Version: $LATEST",
        "some print",
        "{not json",
        '{"_aws": {}}',
        "REPORT RequestId: abc\tDuration: 1500 ms\tBilled Duration: 1500 ms\tMemory Size: 512 MB",
    ):
        journal.add(message, at=100.0)

    assert [(one.began, one.ended) for one in journal.invocations] == [(98.5, 100.0)]
    assert journal.lines == []


def test_a_line_has_the_time_that_it_was_written_not_that_of_its_invocation() -> None:
    journal = Journal()

    journal.add(line(message="delivery started"), at=9_999_999_999.0)

    assert journal.lines[0].at == 1767323045.25
    assert journal.lines[0].service == "delivery"


def test_a_line_without_a_readable_time_has_that_of_its_event() -> None:
    journal = Journal()

    journal.add(json.dumps({"message": "x", "timestamp": "yesterday"}), at=7.0)

    assert journal.lines[0].at == 7.0


def test_calls_and_acceptances_are_read_in_the_order_of_their_times() -> None:
    journal = Journal()
    call = {"message": "courier call", "duration": 0.5, "order_id": "o", "correlation_id": "c"}
    journal.add(line(**call, called_at=2.0, http_status=200), at=0)
    journal.add(line(**call, called_at=1.0, http_status=429), at=0)
    journal.add(line(message="delivery", outcome="accepted", accepted_at=3.5, order_id="o"), at=0)
    journal.add(line(message="delivery", outcome="failed", order_id="p"), at=0)

    assert [(one.called_at, one.status, one.accepted) for one in journal.calls] == [(1.0, 429, False), (2.0, 200, True)]
    assert [(one.accepted_at, one.order_id) for one in journal.acceptances] == [(3.5, "o")]


def test_orders_are_found_by_status_as_often_as_there_are_lines() -> None:
    journal = Journal()
    for fields in ({"order_id": "o"}, {"order_id": "o"}, {"correlation_id": "c"}):
        journal.add(line(message="m", status="START", **fields), at=0)
    journal.add(line(message="m", status="COMPLETED", order_id="o"), at=0)

    assert sorted(journal.orders_with("START")) == ["c", "o", "o"]


class Logs:
    """FilterLogEvents as the emulator answers it: cut at the limit, without a token."""

    def __init__(self, events: list[dict[str, Any]], *, tokens: bool = False) -> None:
        self.events, self.tokens, self.calls = events, tokens, 0

    def filter_log_events(self, *, startTime: int, limit: int, nextToken: str = "0", **_: object) -> dict[str, Any]:  # noqa: N803
        self.calls += 1
        found = [event for event in self.events if event["timestamp"] >= startTime][int(nextToken) :]
        answer: dict[str, Any] = {"events": found[:limit]}
        if self.tokens and len(found) > limit:
            answer["nextToken"] = str(int(nextToken) + limit)
        return answer


def events(count: int, *, first: int = 1) -> list[dict[str, Any]]:
    return [
        {"logStreamName": f"s{number}", "timestamp": 1000 * number, "message": line(message=f"m{number}")}
        for number in range(first, first + count)
    ]


def test_a_group_larger_than_a_page_is_read_whole_with_and_without_tokens() -> None:
    for tokens in (False, True):
        logs = Logs(events(2 * PAGE + 5), tokens=tokens)

        journal = LogReader(logs, "g").read()  # type: ignore[arg-type] # a stand-in

        assert len(journal.lines) == 2 * PAGE + 5


def test_a_second_look_adds_only_what_is_new_even_when_it_came_late() -> None:
    logs = Logs(events(10))
    reader = LogReader(logs, "g")  # type: ignore[arg-type] # a stand-in
    reader.read()

    # Written while the first look was answered: not newer than what that had seen.
    logs.events.append({"logStreamName": "late", "timestamp": 10_000, "message": line(message="late")})
    logs.events += events(3, first=11)

    assert len(reader.read().lines) == 14
    assert len(reader.read().lines) == 14
