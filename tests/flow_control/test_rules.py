"""The rules, without a construct: each breaks where it should, holds where it should, and says how to mend it."""

from dataclasses import fields, replace
from typing import Any

import pytest

from constructs_lib._findings import Finding, Level
from constructs_lib._seen import UNKNOWN
from constructs_lib.flow_control import rules
from constructs_lib.flow_control.facts import Facts
from constructs_lib.runtime.flow_control.contract import REPORTING_RESERVE
from constructs_lib.sizing import DAY, FlowStrategy

SOUND = Facts(
    mean_latency=0.81,
    in_line=1,
    has_runtime=True,
    role_is_known=True,
    queue_policy_is_known=True,
    strategy=FlowStrategy.PACE,
    calls_per_second=10,
    burst=10,
    error_rate=0.2,
    target_loss=1e-6,
    littles_law_concurrency=8.4,
    utilisation=0.79,
    batch_size=1,
    max_concurrency=10,
    pace=1.0,
    call_timeout=3.0,
    call_attempts=1,
    call_retry_wait=0.0,
    function_timeout=10.0,
    reserved_concurrency=None,
    mapped_concurrency=10,
    visibility_timeout=60.0,
    max_receive_count=9,
    retention=4.0 * DAY,
    delivery_delay=0.0,
    has_dead_letter_queue=True,
    fifo=False,
    dead_letter_queue_fifo=False,
    dead_letter_retention=14.0 * DAY,
    retry_span=255.0,
    max_wait=0.0,
    service_sources=(),
    aws_managed_key=False,
)

CONCURRENCY = {"strategy": FlowStrategy.CONCURRENCY, "pace": 0.0, "utilisation": None}

# The rule, facts that break it, facts that are just within it, and what its message must hold: values and the fix.
CASES: list[tuple[str, dict[str, Any], dict[str, Any], list[str]]] = [
    (
        "R1",
        {"max_concurrency": 1, "batch_size": 1},
        {"max_concurrency": 2},
        ["max_concurrency 1", "2 to 1000", "leave it out"],
    ),
    ("R1", {"max_concurrency": 1001, "burst": 2000}, {"max_concurrency": 1000, "burst": 2000}, ["1001", "2 to 1000"]),
    (
        "R2",
        {"function_timeout": 60.1},
        {"function_timeout": 60.0},
        ["60.1 s", "60 s", "refuses", "visibility_timeout to at least 360.6 s"],
    ),
    (
        "R3",
        {"visibility_timeout": 59.0},
        {"visibility_timeout": 60.0},
        ["59 s", "6 x", "10 s", "visibility_timeout to at least 60 s"],
    ),
    (
        "R4",
        {"reserved_concurrency": 9},
        {"reserved_concurrency": 10},
        ["reserved concurrency 9", "below 10", "reserve at least 10"],
    ),
    (
        "R5",
        {"reserved_concurrency": 10, "mapped_concurrency": None},
        {"reserved_concurrency": None, "mapped_concurrency": None},
        ["another SQS mapping", "no max_concurrency", "set max_concurrency on that mapping"],
    ),
    ("R6", {"reserved_concurrency": 0}, {"reserved_concurrency": 10}, ["is 0", "reserve at least 10, or nothing"]),
    (
        "R7",
        {"max_receive_count": 1, "error_rate": 0.0},
        {"max_receive_count": 5, "error_rate": 0.0},
        ["max_receive_count 1", "at least 5", "leave it out"],
    ),
    (
        "R8",
        {"max_receive_count": 8},
        {"max_receive_count": 9},
        [
            "error_rate 0.2",
            "max_receive_count 8",
            "2.6e-06",
            "target_loss 1e-06",
            "or leave it out",
        ],
    ),
    (
        "R8",
        {"error_rate": 0.1, "max_receive_count": 5},
        {"error_rate": 0.1, "max_receive_count": 6},
        ["1e-05"],
    ),
    (
        "R10",
        {"has_dead_letter_queue": False},
        {"has_dead_letter_queue": True},
        ["no dead-letter queue", "sqs.DeadLetterQueue"],
    ),
    (
        "R11",
        {"dead_letter_queue_fifo": True},
        {"dead_letter_queue_fifo": True, "fifo": True},
        ["the queue is standard", "dead-letter queue is FIFO", "make the dead-letter queue standard"],
    ),
    (
        "R11",
        {"fifo": True},
        {"fifo": True, "dead_letter_queue_fifo": True},
        ["the queue is FIFO", "make the dead-letter queue FIFO"],
    ),
    (
        "R12",
        {"dead_letter_retention": 4.0 * DAY},
        {"dead_letter_retention": 5.0 * DAY},
        ["345600 s", "14 days", "retention_period"],
    ),
    (
        "R13",
        {"retention": DAY + 254.0},
        {"retention": DAY + 255.0},
        ["retries 255 s", "+ a day", "longer retention_period"],
    ),
    ("R13", {"retention": 3.0 * DAY, "max_wait": 2.0 * DAY}, {"max_wait": 2.0 * DAY}, ["max_wait 172800 s"]),
    (
        "R17",
        {"batch_size": 4, "burst": 40},
        {"batch_size": 3, "burst": 40},
        [
            "batch of 4",
            f"{12 + REPORTING_RESERVE:g} s",
            "call timeout 3 s",
            "10 s",
            "raise the function's timeout",
            "lower batch_size",
        ],
    ),
    (
        "R17",
        {"pace": 10.0},
        {"pace": 10 - REPORTING_RESERVE},
        ["pace 10 s", f"{10 + REPORTING_RESERVE:g} s", "max_concurrency"],
    ),
    (
        "R18",
        {"call_attempts": 3, "call_retry_wait": 1.0},
        {"call_attempts": 3, "call_retry_wait": 0.0},
        ["3 attempts of 3 s", "waits of 1 s", f"{11 + REPORTING_RESERVE:g} s", "10 s", "call_attempts=1"],
    ),
    (
        "R19",
        {**CONCURRENCY, "littles_law_concurrency": 1.9, "max_concurrency": 2},
        {**CONCURRENCY, "littles_law_concurrency": 2.5, "max_concurrency": 2},
        ["2, makes more than 10 calls a second", "1.9 workers", "FlowStrategy.PACE"],
    ),
    (
        "R20",
        {**CONCURRENCY, "max_concurrency": 7},
        {**CONCURRENCY, "max_concurrency": 6},
        ["max_concurrency 7", "0.8 x 8.4", "at most 6", "FlowStrategy.PACE"],
    ),
    (
        "R24",
        {"burst": 9},
        {"burst": 10},
        ["max_concurrency 10 x batch_size 1 = 10", "burst of 9", "declare the burst"],
    ),
    (
        "R25",
        {"service_sources": ("SNS", "EventBridge", "SNS"), "aws_managed_key": True},
        {"service_sources": (), "aws_managed_key": True},
        ["EventBridge and SNS", "alias/aws/sqs", "encryption_key"],
    ),
    ("R46", {"utilisation": 0.49}, {"utilisation": 0.5}, ["49%", "10 calls a second", "burst of 10"]),
    ("role", {"role_is_known": False}, {"role_is_known": True}, ["role", "from_function_attributes", "acknowledge"]),
    (
        "queue-policy",
        {"queue_policy_is_known": False, "service_sources": ("SNS",)},
        {"queue_policy_is_known": False},
        ["SNS was not allowed", "acknowledge", "let the flow create its queue"],
    ),
    ("runtime", {"has_runtime": False}, {"has_runtime": True}, ['runtime="none"', 'runtime="layer"', "acknowledge"]),
]
WARNINGS = {"R24", "R46", "role", "queue-policy", "runtime"}


def findings_of(rule: str, **changes: Any) -> list[Finding]:  # noqa: ANN401 - values of any fact
    return [finding for finding in rules.evaluate(replace(SOUND, **changes)) if finding.rule == rule]


def test_a_sound_flow_breaks_no_rule() -> None:
    assert rules.evaluate(SOUND) == []


@pytest.mark.parametrize(("rule", "broken", "mended", "words"), CASES, ids=[case[0] for case in CASES])
def test_a_rule_that_is_broken_says_the_values_and_the_fix(
    rule: str, broken: dict[str, Any], mended: dict[str, Any], words: list[str]
) -> None:
    (finding,) = findings_of(rule, **broken)

    assert [word for word in words if word not in finding.message] == []
    assert str(finding).startswith(f"{rule}: ")
    assert finding.level is (Level.WARNING if rule in WARNINGS else Level.ERROR)
    assert findings_of(rule, **mended) == []


@pytest.mark.parametrize("message", [findings_of(rule, **broken)[0].message for rule, broken, _, _ in CASES])
def test_a_message_is_one_line_without_a_full_stop(message: str) -> None:
    assert "\n" not in message
    assert not message.endswith(".")
    assert ";" in message, "what is wrong; how to mend it"


def test_there_is_a_case_for_every_rule() -> None:
    assert {case[0] for case in CASES} == set(rules.rule_ids())


@pytest.mark.parametrize("receives", [2, 4])
def test_few_receives_are_a_warning(receives: int) -> None:
    (finding,) = findings_of("R7", max_receive_count=receives, error_rate=0.0)

    assert finding.level is Level.WARNING
    assert f"max_receive_count {receives}" in finding.message
    assert "at least 5" in finding.message


def test_a_reserve_of_zero_is_one_finding_and_not_three() -> None:
    found = rules.evaluate(replace(SOUND, reserved_concurrency=0))

    assert [finding.rule for finding in found] == ["R6"]


def test_dead_letters_of_a_fifo_queue_may_be_kept_as_long_as_its_messages() -> None:
    assert findings_of("R12", fifo=True, dead_letter_queue_fifo=True, dead_letter_retention=4.0 * DAY) == []


def test_retention_must_cover_visibility_and_delay_too() -> None:
    assert findings_of("R13", visibility_timeout=5.0 * DAY)
    assert findings_of("R13", delivery_delay=5.0 * DAY)


def test_two_workers_are_within_any_burst_since_lambda_allows_no_less() -> None:
    assert findings_of("R24", max_concurrency=2, burst=1) == []


@pytest.mark.parametrize("rule", ["R24", "R46"])
def test_rules_of_pace_leave_concurrency_alone(rule: str) -> None:
    assert findings_of(rule, **CONCURRENCY, burst=1) == []


@pytest.mark.parametrize("rule", ["R19", "R20"])
def test_rules_of_concurrency_leave_pace_alone(rule: str) -> None:
    assert findings_of(rule, littles_law_concurrency=0.1, max_concurrency=500, burst=500) == []


def test_products_of_floats_break_no_rule_by_a_rounding_error() -> None:
    # 0.1 ** 6 is 1.0000000000000004e-06.
    assert findings_of("R8", error_rate=0.1, max_receive_count=6, target_loss=1e-6) == []
    # 3 * 1.1 is 3.3000000000000003.
    enough = {
        "batch_size": 3,
        "burst": 30,
        "call_timeout": 1.1,
        "pace": 0.5,
        "function_timeout": 3.3 + REPORTING_RESERVE,
    }
    assert findings_of("R17", **enough) == []


def unseen() -> list[tuple[str, str]]:
    can_be_unseen = [field.name for field in fields(Facts) if "Unknown" in str(field.type)]
    return [(rule.id, fact) for rule in rules.RULES for fact in rule.needs if fact in can_be_unseen]


@pytest.mark.parametrize(("rule", "fact"), unseen())
def test_a_rule_whose_fact_cannot_be_seen_says_that_it_was_not_checked(rule: str, fact: str) -> None:
    needed: dict[str, dict[str, Any]] = {
        "R18": {"call_attempts": 2},
        "R19": {"strategy": FlowStrategy.CONCURRENCY},
        "R20": {"strategy": FlowStrategy.CONCURRENCY},
        "R25": {"service_sources": ("SNS",)},
    }

    (finding,) = findings_of(rule, **{**needed.get(rule, {}), fact: UNKNOWN})

    assert finding.level is Level.NOT_CHECKED
    assert "not checked" in finding.message
    assert fact.replace("_", " ") in finding.message
    assert f"acknowledge {rule}" in finding.message


def test_several_rules_are_reported_together_in_the_order_of_their_ids() -> None:
    found = rules.evaluate(
        replace(SOUND, max_concurrency=1, visibility_timeout=5.0, max_receive_count=1, has_dead_letter_queue=False)
    )

    assert [finding.rule for finding in found] == ["R1", "R2", "R3", "R7", "R8", "R10"]


def test_a_call_that_takes_longer_than_it_has_is_found() -> None:
    (finding,) = findings_of("R17", mean_latency=10.0, call_timeout=2.0, function_timeout=60.0)

    assert "a call has 2 s and takes 10 s on average" in finding.message


def test_what_can_be_declared_is_named_by_its_parameter() -> None:
    (finding,) = findings_of("R13", retention=UNKNOWN)

    assert "pass retention_period, or acknowledge R13" in finding.message
