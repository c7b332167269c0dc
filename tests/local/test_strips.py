"""Charts of rows: whatever is drawn lies where it belongs, and within the chart."""

import re
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from local.report.strips import Bar, Point, Strip, strips

values = st.integers(-10_000, 10_000).map(lambda tenths: tenths / 10)


def drawn(*rows: Strip, low: float = 0, high: float = 100) -> str:
    return strips(description="d", x_label="x", rows=rows, low=low, high=high)


def test_a_bar_is_as_long_as_its_share_and_says_so_where_there_is_room() -> None:
    text = drawn(Strip(label="a", bars=[Bar(begin=0, end=50, colour="blue", text="half & half", short="1")]))
    short = drawn(Strip(label="a", bars=[Bar(begin=0, end=5, colour="blue", text="one in twenty", short="1")]))
    full = drawn(Strip(label="a", bars=[Bar(begin=0, end=100, colour="blue")]))

    # The first is the paper's.
    widths = [float(re.findall(r'<rect [^>]*width="([\d.]+)"', svg)[1]) for svg in (text, full)]
    assert abs(widths[0] - widths[1] / 2) <= 0.1
    assert ">half &amp; half</text>" in text
    assert "<title>one in twenty</title>" in short
    assert ">1</text>" in short
    assert ">one in twenty</text>" not in short


def test_labels_push_the_axis_to_the_right_and_are_never_cut() -> None:
    places = [
        float(re.findall(r'<line class="grid" x1="([\d.]+)"', drawn(Strip(label=label)))[0])
        for label in ("a", "a much longer label than that")
    ]

    assert places[0] < 40
    assert places[1] > 6.4 * len("a much longer label than that")


def test_rules_legends_and_titles_are_escaped_and_there() -> None:
    svg = strips(
        description="<d>",
        x_label="<x>",
        rows=[Strip(label="<row>", note="<note>", points=[Point(at=1, colour="red", is_hollow=True, text="<hover>")])],
        high=2,
        rules=[(1.0, "<rule>")],
        legend=[("red", "<legend>")],
        title="<title>",
    )

    text = "".join(ElementTree.fromstring(svg).itertext())  # noqa: S314 - our own text
    for word in ("<d>", "<x>", "<row>", "<note>", "<hover>", "<rule>", "<legend>", "<title>"):
        assert word in text


@given(st.lists(values, min_size=2, max_size=6, unique=True))
def test_any_interval_can_be_drawn_inside_the_chart(found: list[float]) -> None:
    low, high = min(found), max(found)
    points = [Point(at=value, low=low, high=high, colour="blue") for value in found]

    svg = drawn(Strip(label="row", points=points), low=low, high=high)

    ElementTree.fromstring(svg)  # noqa: S314 - our own text
    places = [float(x) for x in re.findall(r'(?:cx|x1|x2)="(-?[\d.]+)"', svg)]
    assert places
    assert all(0 <= x <= 640 for x in places)
