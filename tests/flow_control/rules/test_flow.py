"""The rules about a flow's times."""

from constructs_lib.runtime.flow_control.contract import REPORTING_RESERVE
from constructs_lib.sizing import DAY
from tests.helpers.rule_cases import findings_of
from tests.helpers.rule_facts import FLOW


def test_retention_must_cover_visibility_and_delay_too() -> None:
    for changes in ({"visibility_timeout": 5.0 * DAY}, {"delivery_delay": 5.0 * DAY}):
        (finding,) = findings_of(FLOW, "R13", **changes)
        assert "is shorter than 432000 s" in finding.message


def test_products_of_floats_break_no_rule_by_a_rounding_error() -> None:
    # 0.1 ** 6 is 1.0000000000000004e-06.
    assert findings_of(FLOW, "R8", error_rate=0.1, max_receive_count=6, target_loss=1e-6) == []
    # 3 * 1.1 is 3.3000000000000003.
    enough = {
        "batch_size": 3,
        "burst": 30,
        "call_timeout": 1.1,
        "pace": 0.5,
        "function_timeout": 3.3 + REPORTING_RESERVE,
    }
    assert findings_of(FLOW, "R17", **enough) == []


def test_a_call_that_takes_longer_than_it_has_is_found() -> None:
    (finding,) = findings_of(FLOW, "R17", mean_latency=10.0, call_timeout=2.0, function_timeout=60.0)

    assert "a call has 2 s and takes 10 s on average" in finding.message


def test_retries_without_the_library_s_handler_are_promised_to_nobody() -> None:
    assert findings_of(FLOW, "R9", has_runtime=False, least_retry_span=0.0) == []


def test_no_outage_is_outlasted_by_any_retries() -> None:
    assert findings_of(FLOW, "R9", outage_tolerance=0.0, least_retry_span=0.0) == []
