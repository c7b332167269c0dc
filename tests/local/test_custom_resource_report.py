"""What the custom-resource experiment's result says: the judgement, the tables, the page and the picture."""

import dataclasses
import io
from xml.etree import ElementTree

import pytest
from rich.console import Console

from local.report.custom_resource.experiment import (
    Entry,
    Experiment,
    Interleaving,
    Outcome,
    Reply,
    Traffic,
    total,
)
from local.report.custom_resource.graphs import picture
from local.report.custom_resource.page import finding, page
from local.report.custom_resource.summary import call_rows, death, interleaving_rows, ledger_rows, told, traffic_rows
from local.report.custom_resource.terminal import show
from local.report.html import Wrong

HOSTILE = "</script><script>alert(1)</script>"
GONE = Entry(group="sig-1", made=0.5, deleted=3.0)
LEFT = Entry(group="sig-2", made=0.75)
SUCCESS = Reply(seconds=1.0, status="SUCCESS", physical_id="sig-1")
RIGHT = Outcome(ledger=[GONE], replies=[SUCCESS], seconds=1.0)


@pytest.mark.parametrize(
    ("outcome", "faults"),
    [
        (RIGHT, []),
        (Outcome(ledger=[GONE, GONE], seconds=1.0, allowed=2), []),
        (Outcome(ledger=[GONE, GONE], seconds=1.0), ["2 groups made, 1 asked for"]),
        (Outcome(ledger=[LEFT], seconds=1.0), ["1 left after the Delete"]),
        (Outcome(ledger=[LEFT], seconds=1.0, reason="ambiguous: the function was cut off"), []),
        (
            Outcome(ledger=[LEFT, LEFT], seconds=1.0, reason="ambiguous: it was cut off", allowed=2),
            ["2 left after the Delete"],
        ),
        (Outcome(ledger=[GONE]), ["never answered"]),
        (Outcome(ledger=[], seconds=1.0), []),
    ],
)
def test_what_must_not_be_is_found(outcome: Outcome, faults: list[str]) -> None:
    assert outcome.faults == faults


@pytest.mark.parametrize(
    "other",
    [
        Reply(seconds=2.0, status="FAILED", physical_id="sig-1"),
        Reply(seconds=2.0, status="SUCCESS", physical_id="sig-2"),
        # One that was refused was said all the same.
        Reply(seconds=0.5, status="FAILED", physical_id="sig-1", taken=False),
    ],
)
def test_answers_that_differ_contradict_each_other(other: Reply) -> None:
    assert Outcome(ledger=[GONE], replies=[SUCCESS, other], seconds=1.0).faults == ["contradictory answers"]
    assert Outcome(ledger=[GONE], replies=[SUCCESS, SUCCESS], seconds=1.0).faults == []


def test_an_outcome_is_told_in_a_line_that_is_marked_where_it_is_wrong() -> None:
    wrong = told(
        dataclasses.replace(
            RIGHT, ledger=[GONE, LEFT], replies=[SUCCESS, dataclasses.replace(SUCCESS, status="FAILED")]
        )
    )
    reported = told(Outcome(ledger=[LEFT], reason="ambiguous: cut off", seconds=9.06))

    assert told(RIGHT) == "1 made, SUCCESS, 1.0 s"
    assert not isinstance(told(RIGHT), Wrong)
    assert wrong == "2 made, 1 left, SUCCESS FAILED, contradictory, 1.0 s"
    assert isinstance(wrong, Wrong)
    assert reported == "1 made, 1 left and reported, 9.1 s"
    assert not isinstance(reported, Wrong)
    assert (
        told(Outcome(ledger=[], status="CREATE_COMPLETE, DELETE_COMPLETE")) == "0 made, DELETE_COMPLETE, never answered"
    )


def test_a_ledger_is_told_in_order_and_ends_with_what_is_billed() -> None:
    outcome = Outcome(
        ledger=[GONE, LEFT],
        replies=[SUCCESS, Reply(seconds=0.9, status="FAILED", physical_id="x" * 40, taken=False)],
        seconds=1.0,
    )

    assert ledger_rows(outcome) == [
        ("0.50 s", "vendor makes sig-1"),
        ("0.75 s", "vendor makes sig-2"),
        ("0.90 s", f"FAILED for {'x' * 23}…, which is refused"),
        ("1.00 s", "SUCCESS for sig-1"),
        ("3.00 s", "vendor deletes sig-1"),
        ("in the end", "sig-2 is billed"),
    ]


def traffic(*, extra: list[int]) -> Traffic:
    return Traffic(
        requests=20,
        again=1,
        seconds=3.0,
        first=[8, 8, 4],
        extra=extra,
        left=sum(extra),
        contradictions=sum(extra),
        unanswered=0,
        invocations=41,
        p50=0.1234,
    )


@pytest.fixture
def experiment() -> Experiment:
    wrong = Outcome(ledger=[LEFT], replies=[dataclasses.replace(SUCCESS, status="FAILED")], reason=HOSTILE, seconds=1.0)
    return Experiment(
        made_at="2026-01-02T03:04:05+00:00",
        machine="Linux",
        kill_after="commit",
        interleavings=[
            Interleaving(title=HOSTILE, origin="rig", mode="T", naive=RIGHT, ours=RIGHT),
            Interleaving(
                title="the worker dies after commit", origin="delivered again", mode="T", naive=wrong, ours=RIGHT
            ),
        ],
        naive=traffic(extra=[0, 1, 0]),
        ours=traffic(extra=[0, 0, 0]),
        calls={"Create": {"UpdateItem": 4.0}, "nothing": {}},
        share=20,
        notes=["a note & its <details>"],
        warnings=["the machine could not <keep up>"],
    )


def test_a_result_is_read_back_as_it_was_written(experiment: Experiment) -> None:
    assert Experiment.from_json(experiment.to_json()) == experiment


@pytest.mark.parametrize("text", ["[]", "{}", '{"experiment": "flow_control"}', "no json"])
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not the result of the custom_resource experiment|Expecting value"):
        Experiment.from_json(text)


def test_the_tables_show_both_and_mark_what_is_wrong(experiment: Experiment) -> None:
    rows = {label: (naive, ours) for label, naive, ours in traffic_rows(experiment)}

    assert rows["groups made"] == ("21", "20")
    assert [isinstance(cell, Wrong) for cell in rows["groups made"]] == [True, False]
    assert [isinstance(cell, Wrong) for cell in rows["groups left after every Delete"]] == [True, False]
    assert rows["invocations per operation"] == ("1.02", "1.02")
    assert rows["time from Create to answer, median"] == ("123 ms", "123 ms")
    assert call_rows(experiment) == [("Create", "4 UpdateItem"), ("nothing", "none")]
    assert interleaving_rows(experiment)[1][1:3] == ("delivered again", "T")
    assert total(experiment.interleavings) == (1, 0)


def test_the_ledgers_shown_are_those_of_the_worker_that_died(experiment: Experiment) -> None:
    assert death(experiment) is experiment.interleavings[1]
    assert death(dataclasses.replace(experiment, kill_after="claim")) is None
    assert "Both ledgers" not in page(dataclasses.replace(experiment, kill_after="claim"))


def test_the_page_escapes_fetches_nothing_and_says_what_came_out(experiment: Experiment) -> None:
    html = page(experiment)

    assert HOSTILE not in html
    assert "&lt;script&gt;" in html
    assert not [word for word in ("<script", "<link", "src=", "@import", "url(") if word in html]
    assert "a note &amp; its &lt;details&gt;" in html
    assert "the machine could not &lt;keep up&gt;" in html
    assert '<td class="wrong">1 made, 1 left, FAILED, 1.0 s</td>' in html
    assert finding(experiment) == (
        "Of 20 Creates 1 were delivered twice: CDK's Provider let the vendor make 1 groups twice and left 1 of them "
        "behind, IdempotentProvider 0 and 0. Of 2 interleavings of deliveries, deaths and outages 1 ended wrong with "
        "CDK's Provider and 0 with IdempotentProvider."
    )


def test_the_picture_is_an_svg_of_its_own_that_ends_with_the_sums(experiment: Experiment) -> None:
    svg = picture(experiment)

    root = ElementTree.fromstring(svg)  # noqa: S314 - our own text
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "20 requests, 1 delivered twice: 1 groups too many, and 0" in svg


def test_the_terminal_gets_the_same(experiment: Experiment) -> None:
    console = Console(width=200, record=True, file=io.StringIO())

    show(experiment, console)

    text = console.export_text()
    assert "1 made, 1 left, FAILED, 1.0 s" in text
    assert "Both ledgers, when the worker dies after commit:" in text
    assert "the machine could not <keep up>" in text
