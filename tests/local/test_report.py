import itertools
import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.load import Sent
from local.logs import Acceptance, Call, Invocation, Journal
from local.measure import Run, measure
from local.report.flow_control.experiment import Experiment, Moment, Version
from local.report.flow_control.graphs import figures, picture, smoothed, success_shares
from local.report.flow_control.page import page
from local.report.flow_control.story import most_eventful, story
from local.report.flow_control.summary import percent, rows, seconds
from local.report.svg import Mark, chart, ticks

HOSTILE = "</script><script>alert(1)</script>"


def run(*, refused: int) -> Run:
    orders = range(20)
    return Run(
        sent=[
            Sent(
                number=number, order_id=f"o{number}", sent_at=100 + number / 4, status=200, correlation_id=f"c{number}"
            )
            for number in orders
        ],
        calls=[
            Call(
                called_at=100 + number / 4,
                duration=0.2,
                status=429 if number < refused else 200,
                order_id=f"o{number}",
                correlation_id=f"c{number}",
            )
            for number in orders
        ],
        acceptances=[
            Acceptance(accepted_at=100.2 + number / 4, order_id=f"o{number}") for number in orders if number >= refused
        ],
        invocations=[Invocation(began=100 + number / 4, ended=101 + number / 4) for number in orders],
        dead_lettered=0,
    )


def version(title: str, *, refused: int) -> Version:
    return Version(
        title=title,
        result=measure(run(refused=refused), limit=10, workers=10),
        story=[Moment(seconds=0.25, service="courier", what=HOSTILE)],
        story_of="order 3, correlation id c3",
    )


@pytest.fixture
def experiment() -> Experiment:
    return Experiment(
        made_at="2026-01-02T03:04:05+00:00",
        machine="Linux",
        load="20 orders",
        limit=10.0,
        burst=10,
        workers=10,
        sizing={"strategy": "PACE", "max_concurrency": 10, "loss_probability": 1.25e-7},
        without=version("Without flow control", refused=5),
        with_=version("With flow control", refused=0),
        notes=["a note & its <details>"],
        warnings=["the machine could not <keep up>"],
    )


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href", "action", "data"}]
        if tag not in {"meta"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, _attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_well_formed_and_fetches_nothing(experiment: Experiment) -> None:
    text = page(experiment)
    reader = Reader()
    reader.feed(text)

    assert reader.open == []
    assert reader.addresses == []
    assert not {"script", "link", "img", "iframe"} & set(reader.tags)
    assert "url(" not in text
    assert "@import" not in text
    assert set(re.findall(r"https?://[^\"' ]+", text)) == {"http://www.w3.org/2000/svg"}


def test_the_page_has_four_graphs_of_each_version_with_axes_legends_and_captions(experiment: Experiment) -> None:
    text = page(experiment)

    charts = re.findall(r"<svg .*?</svg>", text, re.DOTALL)
    assert len(charts) == 8
    for drawn in charts:
        ElementTree.fromstring(drawn)  # noqa: S314 - our own text
        assert "seconds since the first order" in drawn
    for caption in (
        "Without flow control: 75 % of the calls succeed",
        "With flow control: 100 % of the calls succeed",
        "up to 4 invocations at once",
        "20 invocations of the delivery function",
        "20 calls to the courier, 25 % refused",
    ):
        assert caption in text
    assert "prefers-color-scheme: dark" in text


def test_the_page_has_the_summary_the_sizing_the_stories_and_the_notes(experiment: Experiment) -> None:
    text = page(experiment)

    for label, without, with_ in rows(experiment):
        assert f"<tr><td>{label}</td><td>{without}</td><td>{with_}</td></tr>" in text
    assert "<tr><td>max concurrency</td><td>10</td></tr>" in text
    assert "correlation id c3" in text
    assert "a note &amp; its &lt;details&gt;" in text
    assert "the machine could not &lt;keep up&gt;" in text
    assert HOSTILE not in text


def test_both_versions_graphs_of_a_kind_have_the_same_axes(experiment: Experiment) -> None:
    for without, with_ in figures(experiment):
        labels = [re.findall(r'<text class="muted" [^>]*>([^<]*)<', figure.svg) for figure in (without, with_)]
        assert labels[0] == labels[1]


def test_the_picture_is_an_svg_file_of_its_own(experiment: Experiment) -> None:
    text = picture(experiment)

    root = ElementTree.fromstring(text)  # noqa: S314 - our own text
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "prefers-color-scheme: dark" in text
    assert "with flow control" in text
    assert "the courier&#x27;s limit (10/s)" in text


def test_a_result_survives_its_file(experiment: Experiment) -> None:
    assert Experiment.from_json(experiment.to_json()) == experiment
    assert json.loads(experiment.to_json())["experiment"] == "flow_control"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"experiment": "other"}', '{"experiment": "flow_control"}'])
def test_another_file_is_no_result(text: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        Experiment.from_json(text)


def test_a_version_that_did_nothing_is_reported_too(experiment: Experiment) -> None:
    nothing = measure(Run(sent=[], calls=[], acceptances=[], invocations=[]), limit=10, workers=10)
    empty = Version(title="Without flow control", result=nothing)
    report = Experiment(**{name: getattr(experiment, name) for name in experiment.__slots__} | {"without": empty})

    assert "Without flow control: - of the calls succeed" in page(report)
    ElementTree.fromstring(picture(report))  # noqa: S314 - our own text


def test_the_story_tells_every_line_of_one_correlation_id_in_order() -> None:
    courier, hub = Journal(), Journal()
    hub.add('{"message": "order received", "status": "START", "correlation_id": "c1", "service": "hub"}', at=10.0)
    hub.add('{"message": "order received", "status": "START", "correlation_id": "c2", "service": "hub"}', at=10.1)
    hub.add('{"message": "RETRY m-1 in 2 s: busy", "status": "RETRY", "correlation_id": "c1", "delay": 2}', at=12.0)
    courier.add('{"message": "delivery", "outcome": "failed", "correlation_id": "c1", "service": "courier"}', at=11.0)
    sent = Sent(number=1, order_id="o1", sent_at=9.5, status=200, correlation_id="c1")

    told = story([courier, hub], sent)

    assert [(moment.seconds, moment.service, moment.what) for moment in told] == [
        (0.5, "hub", "START · order received"),
        (1.5, "courier", "delivery · outcome failed"),
        (2.5, "", "RETRY · delay 2"),
    ]


def test_the_order_with_the_most_calls_is_told() -> None:
    eventful = run(refused=0)
    more = [*eventful.calls, eventful.calls[7]]

    assert most_eventful(Run(sent=eventful.sent, calls=more, acceptances=[], invocations=[])) == 7
    assert most_eventful(Run(sent=[], calls=[], acceptances=[], invocations=[])) == 0


def test_the_share_of_successes_is_left_out_where_calls_are_few() -> None:
    series = measure(run(refused=5), limit=10, workers=10).series

    shares = success_shares(series)

    assert shares[0] is None
    assert shares[1] == pytest.approx(100 * 3 / 8)


@given(st.floats(min_value=1e-6, max_value=1e9))
def test_ticks_are_few_even_and_reach_the_highest_value(highest: float) -> None:
    values = ticks(highest)

    assert values[0] == 0
    assert values[-1] >= highest * (1 - 1e-6)
    assert 2 <= len(values) <= 8
    steps = [after - before for before, after in itertools.pairwise(values)]
    assert steps == pytest.approx([steps[0]] * len(steps), rel=1e-3)


@given(st.lists(st.one_of(st.none(), st.floats(min_value=0, max_value=1e6)), max_size=40))
def test_any_line_can_be_drawn_inside_the_chart(values: list[float | None]) -> None:
    drawn = chart(description="d", x_label="x", y_label="y", lines=[Mark(label="l", colour="blue", values=values)])

    ElementTree.fromstring(drawn)  # noqa: S314 - our own text
    for points in re.findall(r'points="([^"]*)"', drawn):
        for point in points.split():
            x, y = map(float, point.split(","))
            assert 0 <= x <= 640
            assert 0 <= y <= 280


def test_numbers_read_as_people_write_them() -> None:
    assert [percent(None), percent(1.0), percent(0.0), percent(0.12345)] == ["-", "100 %", "0 %", "12.3 %"]
    # Not 100 %: one of a thousand is missing.
    assert percent(0.999) == "99.9 %"
    assert [seconds(None), seconds(1.25)] == ["-", "1.2 s"]
    assert smoothed([3, 0, 0]) == [1.5, 1, 0]
