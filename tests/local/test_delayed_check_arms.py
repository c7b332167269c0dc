"""The arms of the delayed-check experiment, their lift and their split, as rows and as plots."""

from local.report.delayed_check.arms import Arm, arms_of, in_no_arm, lifts, told_by_orders
from local.report.delayed_check.summary import arm_rows, split_line
from local.report.delayed_check.terminal import lift_plot, saved_plot
from local.report.html import Wrong
from tests.helpers.checked_orders import CALLED, CONTROL, ELIGIBLE_NO_MORE, UNKNOWN, crowd, naive, order


def test_an_arm_is_everything_that_was_assigned_to_it() -> None:
    suppressed = order(unit="s", state="SUPPRESSED", reason="quiet hours")
    told = told_by_orders([order(CALLED), suppressed, UNKNOWN, CONTROL, ELIGIBLE_NO_MORE, naive(CALLED)])

    call, control = arms_of(told)

    # Without the suppressed and the unknown one the arm would be of those alone who could be reached.
    assert call == Arm("call", 3, {"OUTCOME": 1, "SUPPRESSED": 1, "UNKNOWN": 1}, {"answered": 1}, saved=0, judged=3)
    assert (control.name, control.orders, control.saved) == ("control", 1, 1)
    assert in_no_arm(told) == {"NOT_ELIGIBLE": 1}


def test_the_lift_of_newcombes_first_example_is_shown_with_its_interval() -> None:
    arms = arms_of(told_by_orders(crowd("call", 70, 56, "OUTCOME") + crowd("control", 80, 48, "CONTROL")))
    rows = arm_rows(arms, "control", {"NOT_ELIGIBLE": 7})

    assert rows[0] == (
        "call",
        "70",
        "70 OUTCOME",
        "70 answered",
        "56 of 70, 80 %",
        "+20.0 points (+5.2 to +33.4)",
    )
    assert rows[1][::5] == ("control (not contacted)", "")
    assert rows[2][:3] == ("in no arm", "7", "7 NOT_ELIGIBLE")
    assert split_line(arms, {"call": 50, "control": 50}).endswith("p = 0.41, no sample ratio mismatch")
    assert lifts(arms, None) == {}


def test_a_split_that_chance_does_not_make_is_marked() -> None:
    arms = arms_of(told_by_orders(crowd("call", 90, 0, "OUTCOME") + crowd("control", 30, 0, "CONTROL")))

    line = split_line(arms, {"call": 50, "control": 50})
    other = split_line(arms, {"call": 100})

    assert isinstance(line, Wrong)
    assert "call 90 (50 %), control 30 (50 %)" in line
    assert line.endswith("a sample ratio mismatch: trust no lift")
    assert isinstance(other, Wrong)
    assert "no weight" in other
    assert split_line([], {"call": 100}) == ""


def test_plots_of_the_terminal_have_one_scale() -> None:
    arms = arms_of(told_by_orders(crowd("call", 70, 56, "OUTCOME") + crowd("control", 80, 48, "CONTROL")))

    bars, lines = saved_plot(arms), lift_plot(lifts(arms, "control"))

    assert [bar.count("█") for bar in bars] == [32, 24]
    assert [line.index("█") for line in bars] == [14, 14]
    interval, axis = lines
    assert interval.index("├") < interval.index("●") < interval.index("┤")
    assert interval.index("│") < interval.index("├")
    assert abs(interval.index("│") - axis.index("0", 20)) <= 1
    assert axis.endswith("+33.4 points")
    assert lift_plot({}) == []
