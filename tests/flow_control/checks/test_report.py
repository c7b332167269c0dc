"""The results as text and JSON."""

import json
from dataclasses import replace

from constructs_lib._findings import Level
from constructs_lib.flow_control import rules
from constructs_lib.flow_control.checks import report
from constructs_lib.flow_control.checks.resources import Unread
from tests.helpers.results import MAPPING, QUEUE, UNSEEN, broken, results


def test_those_with_errors_come_first_and_each_resource_once() -> None:
    found = [
        broken("R7", level=Level.WARNING, at=QUEUE),
        broken("R3", message="30 s is too short", at=MAPPING),
        broken("R10", at=MAPPING),
    ]

    text = report.text(results(*found))

    assert text.index(MAPPING.path) < text.index(f"\n{QUEUE.path}")
    assert text.count(f"\n{QUEUE.path} ") == 1
    assert "error R3: 30 s is too short" in text
    assert "warning R7" in text


def test_a_finding_says_why_from_where_and_what_else_it_read() -> None:
    text = report.text(results(broken("R3", why="it is done twice", source="https://aws.example", involved=(QUEUE,))))

    assert "why: it is done twice" in text
    assert "https://aws.example" in text
    assert f"with {QUEUE.path}" in text


def test_the_summary_counts_all_and_stands_at_the_end() -> None:
    found = [broken("R3"), broken("R3", at=QUEUE), broken("R7", level=Level.WARNING), broken("R9", acknowledged="ok")]
    unread = Unread(where="a.json", why="it is no JSON")

    text = report.text(results(*found, not_checked=(UNSEEN,), unread=(unread,), ignored=("Q acknowledges 'R99'",)))

    last = text.splitlines()[-1]
    assert "2 errors, 1 warning, 1 acknowledged" in last
    assert "; not checked on 1 resource: R4, R5; 1 not read; " in last
    assert "1 acknowledgement that does not count" in last
    assert "Looked at: 1 mapping, 2 queues" in last


def test_what_was_acknowledged_not_read_and_not_counted_is_named() -> None:
    unread = Unread(where="a.json", why="it is no JSON")
    given = results(broken("R9", acknowledged="once is enough"), unread=(unread,), ignored=("Q says 'R99'",))

    text = report.text(given)

    assert f"R9 on {MAPPING.path}: once is enough" in text
    assert "a.json: it is no JSON" in text
    assert "Q says 'R99'" in text
    assert "error R9" not in text


def test_what_could_not_be_checked_is_named_with_its_place() -> None:
    text = report.text(results(not_checked=(UNSEEN,)))

    assert MAPPING.path in text
    assert "R4, R5 not checked: the function timeout, the filter and the batch size cannot be seen" in text


def test_nothing_found_is_one_line() -> None:
    assert report.text(results()) == "0 errors, 0 warnings, 0 acknowledged. Looked at: 1 mapping, 2 queues."
    assert report.text(replace(results(), looked_at={})).endswith("Looked at: nothing.")


def test_json_has_all_of_it() -> None:
    found = broken("R3", acknowledged="ok", involved=(QUEUE,), locations=("Properties.BatchSize",))
    unread = Unread(where="a.json", why="it is no JSON")

    answer = json.loads(
        report.as_json(results(found, not_checked=(UNSEEN,), unread=(unread,), ignored=("Q says 'R99'",)))
    )

    assert answer["summary"]["acknowledged"] == 1
    assert answer["summary"]["errors"] == 0
    (finding,) = answer["findings"]
    assert finding["path"] == MAPPING.path
    assert finding["logical_id"] == MAPPING.logical_id
    assert finding["locations"] == ["Properties.BatchSize"]
    assert finding["involved"][0]["path"] == QUEUE.path
    assert finding["acknowledged"] == "ok"
    assert answer["not_checked"][0]["rules"] == ["R4", "R5"]
    assert answer["unread"] == [{"where": "a.json", "why": "it is no JSON"}]
    assert answer["ignored_acknowledgements"] == ["Q says 'R99'"]


def test_the_list_of_the_rules_has_them_all_and_tells_which_a_template_shows() -> None:
    shown, _, hidden = report.table().partition("Seen by the construct only:")

    for rule in rules.RULES:
        assert rule.what in (shown if rule.is_decidable_from_a_template else hidden)
