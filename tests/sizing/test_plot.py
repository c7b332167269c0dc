"""The picture shows the backlog and the wait until they have drained, and no peak is cut off."""

import subprocess
import sys
from pathlib import Path

import pytest

from constructs_lib.sizing import Inputs
from constructs_lib.sizing.backlog import Backlog
from constructs_lib.sizing.derivation import from_inputs
from constructs_lib.sizing.plot import CannotPlot, save, times
from constructs_lib.sizing.profile import read
from tests.helpers.sizing_inputs import ARTICLE, ARTICLE_LOAD

COURIER = Inputs(**ARTICLE, load=ARTICLE_LOAD)


def test_an_svg_names_both_curves_and_the_axes(tmp_path: Path) -> None:
    picture = tmp_path / "backlog.svg"

    save(COURIER, from_inputs(COURIER), picture)

    text = picture.read_text()
    assert "at the downstream's whole rate, 8/s" in text
    assert "as expected of 10 workers, 6.32/s" in text
    assert "minutes" in text
    assert "backlog" in text


def test_a_png_is_a_png(tmp_path: Path) -> None:
    picture = tmp_path / "backlog.PNG"

    save(COURIER, from_inputs(COURIER), picture)

    assert picture.read_bytes().startswith(b"\x89PNG")


def test_equal_inputs_make_equal_pictures(tmp_path: Path) -> None:
    pictures = [tmp_path / "one.svg", tmp_path / "two.svg"]
    for picture in pictures:
        save(COURIER, from_inputs(COURIER), picture)

    assert pictures[0].read_bytes() == pictures[1].read_bytes()


def test_without_a_latency_there_is_one_curve(tmp_path: Path) -> None:
    unknown = Inputs(calls_per_second=10, load=[(60, 20, 20)])

    save(unknown, from_inputs(unknown), tmp_path / "one.svg")

    assert "as expected" not in (tmp_path / "one.svg").read_text()


@pytest.mark.parametrize(
    "load", [[(3600, 20, 20)], [(86_400, 5, 15)] * 3, [(1, 12, 12)]], ids=["hour", "days", "second"]
)
def test_what_repeats_is_drawn_though_it_never_drains(tmp_path: Path, load: list[tuple[float, float, float]]) -> None:
    growing = Inputs(calls_per_second=10, mean_latency=1, load=load, repeat=True)

    save(growing, from_inputs(growing), tmp_path / "growing.png")

    assert (tmp_path / "growing.png").stat().st_size > 1000


def test_the_peak_and_the_end_are_among_the_times_that_are_looked_at() -> None:
    profile = read([(60, 2, 2), (0.01, 5000, 5000), (60, 2, 2)])
    assert profile is not None
    backlogs = [Backlog.of(profile, 10), Backlog.of(profile, 8)]

    looked_at = times(profile, backlogs)

    assert max(backlogs[1].at(time) for time in looked_at) == backlogs[1].peak
    assert looked_at[-1] == pytest.approx(max(backlog.ends_at for backlog in backlogs))


def test_a_year_by_the_hour_is_drawn_with_a_few_hundred_points() -> None:
    profile = read([(3600, 5, 15)] * 8760)
    assert profile is not None

    assert len(times(profile, [Backlog.of(profile, 10)])) < 1000


@pytest.mark.parametrize(
    ("inputs", "name", "message"),
    [
        (COURIER, "backlog.gif", "a picture's name ends in .png or .svg, got"),
        (COURIER, "backlog", "a picture's name ends in"),
        (COURIER, "nowhere/backlog.svg", "cannot be written: No such file or directory"),
        (Inputs(calls_per_second=10), "backlog.svg", "nothing to draw without a load"),
    ],
)
def test_what_cannot_be_drawn_is_told(tmp_path: Path, inputs: Inputs, name: str, message: str) -> None:
    with pytest.raises(CannotPlot, match=message):
        save(inputs, from_inputs(inputs), tmp_path / name)


def test_without_matplotlib_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)

    with pytest.raises(CannotPlot, match=r'pip install "constructs-lib\[plot\]"'):
        save(COURIER, from_inputs(COURIER), tmp_path / "backlog.svg")


def test_sizing_imports_neither_matplotlib_nor_the_cdk() -> None:
    source = (
        "import sys; from constructs_lib import sizing; from constructs_lib.sizing import __main__; "
        "print(sorted({'matplotlib', 'aws_cdk', 'jsii', 'boto3'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)

    assert run.stdout == "[]\n"
