"""What the delayed-check experiment's result says: its file, the page, the picture and the terminal."""

import dataclasses
import io
import json
from collections.abc import Sequence
from xml.etree import ElementTree

import pytest
from rich.console import Console

from local.report.delayed_check.experiment import Experiment, Version
from local.report.delayed_check.graphs import picture
from local.report.delayed_check.page import finding, page
from local.report.delayed_check.story import called_twice, story_rows
from local.report.delayed_check.terminal import show
from local.report.html import Wrong
from tests.helpers.checked_orders import CALLED, HOSTILE, UNKNOWN, order, small_run, with_ours


@pytest.fixture
def experiment() -> Experiment:
    return small_run()


def test_a_result_is_read_back_as_it_was_written(experiment: Experiment) -> None:
    assert Experiment.from_json(experiment.to_json()) == experiment
    assert json.loads(experiment.to_json())["experiment"] == "delayed_check"


@pytest.mark.parametrize("text", ["[]", "{}", '{"experiment": "flow_control"}', "no json"])
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not the result of the delayed_check experiment|Expecting value"):
        Experiment.from_json(text)


def test_the_order_told_is_one_that_was_called_twice_and_its_like(experiment: Experiment) -> None:
    pair = called_twice(experiment)

    assert pair is not None
    assert (pair.naive.unit, pair.ours.unit) == (HOSTILE, "order-1")
    rows = story_rows(pair.naive)
    assert [after for after, _what in rows] == ["0.10 s", "25.00 s", "26.00 s", "27.00 s", "50.00 s", "52.00 s"]
    assert rows[-1][1] == "contact request: the customer is called, answered 201: call number 2"
    assert [isinstance(what, Wrong) for _after, what in rows] == [False] * 5 + [True]
    assert story_rows(UNKNOWN)[-1] == ("in the end", "UNKNOWN (no word)")
    once = dataclasses.replace(experiment, naive=experiment.ours)
    assert called_twice(once) is None
    assert "An order that was called more than once" not in page(once)


def test_the_page_escapes_fetches_nothing_and_says_what_came_out(experiment: Experiment) -> None:
    html = page(experiment)

    assert HOSTILE not in html
    assert "<b>twice</b>" not in html
    assert not [word for word in ("<script", "<link", "src=", "@import", "url(") if word in html]
    assert "a note &amp; its &lt;details&gt;" in html
    assert "the machine could not &lt;keep up&gt;" in html
    assert "customers are made up, so the lift shows the method and is no finding" in html
    assert "embedded AWS emulator, at a scale of 1:12" in html
    assert finding(experiment) == (
        "Of 4 orders, with their messages delivered again and their workers killed, the version without a claim called "
        "1 customer more than once and sent 1 contact request after the deadline; DelayedCheck 0 and 0. DelayedCheck "
        "published an outcome of 4 of 4 orders, and says of 1 that nobody knows whether they were called."
    )


def charts(html: str) -> Sequence[str]:
    return [f"<svg{part.split('</svg>')[0]}</svg>" for part in html.split("<svg")[1:]]


def test_the_page_has_its_graphs_and_each_is_well_formed(experiment: Experiment) -> None:
    drawn = charts(page(experiment))

    for svg in drawn:
        ElementTree.fromstring(svg)  # noqa: S314 - our own text
    # Two time lines, two of lateness, arms, outcomes, lift.
    assert len(drawn) == 7
    for label in ("deadline", "the emulator&#x27;s floor (1)", "CONTROL", "answered", "no difference"):
        assert any(label in svg for svg in drawn), label


def test_a_run_in_which_nothing_happened_is_reported_too(experiment: Experiment) -> None:
    nothing = Version(orders=[])
    empty = dataclasses.replace(experiment, naive=nothing, ours=nothing, floor=[], crossing=[])

    assert charts(page(empty)) == []
    ElementTree.fromstring(picture(empty))  # noqa: S314 - our own text
    show(empty, Console(width=150, file=io.StringIO()))


def test_the_picture_is_an_svg_of_its_own_that_counts_what_must_not_be(experiment: Experiment) -> None:
    svg = picture(experiment)

    root = ElementTree.fromstring(svg)  # noqa: S314 - our own text
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "prefers-color-scheme: dark" in svg
    assert "The same 4 orders: 1 customer called more than once, and 0" in svg
    # The naive version does not record arms here, so that it cannot be counted.
    assert "control arm" not in svg


def test_the_terminal_gets_the_same_and_bad_news_first(experiment: Experiment) -> None:
    console = Console(width=200, record=True, file=io.StringIO())

    show(with_ours(experiment, *experiment.ours.orders, order(CALLED, CALLED, unit="order-5")), console)

    text = console.export_text()
    assert text.startswith("DelayedCheck broke a promise: customers called more than once: 1\n")
    assert "the machine could not <keep up>" in text
    assert "contact request: the customer is called, answered 201: call number 2" in text
    assert "control (not contacted)" in text
    assert "no sample ratio mismatch" in text
    assert "no finding" in text


def test_dead_letters_are_explained_where_there_are_some(experiment: Experiment) -> None:
    reasons = {"start: placed_at of an order is <missing>": 2}
    explained = dataclasses.replace(experiment, ours=dataclasses.replace(experiment.ours, reasons=reasons))
    console = Console(width=200, record=True, file=io.StringIO())

    show(explained, console)

    assert "start: placed_at of an order is &lt;missing&gt;" in page(explained)
    assert "start: placed_at of an order is <missing>" in console.export_text()
    assert "Why there are dead letters" not in page(experiment)
