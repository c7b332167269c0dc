"""The facts of a mapping, from its own properties, its queue's and its function's."""

from typing import Any

import pytest

from constructs_lib._unknown import UNKNOWN
from constructs_lib.flow_control import rules
from constructs_lib.flow_control.checks.subjects import subjects
from constructs_lib.flow_control.facts import MappingFacts
from constructs_lib.flow_control.rules import Answer
from constructs_lib.flow_control.rules.words import in_words
from tests.helpers.plain_resources import UNSEEN, Body, app, arn, function, mapping, of_type, queue, ref, role, subject

_ELSEWHERE = "arn:aws:sqs:eu-west-1:111122223333:theirs"
_STREAM = "arn:aws:kinesis:eu-west-1:111122223333:stream/orders"


def facts(
    given: Body, *, of_queue: Body | None = None, of_function: Body | None = None, **others: Body
) -> MappingFacts:
    """What is known of a mapping from "Orders" to "Consumer"."""
    resources = {"Orders": of_queue or queue(), "Consumer": of_function or function(), "Role": role(), **others}
    found = subject(MappingFacts, app(Mapping=given, **resources), "Mapping").facts
    assert isinstance(found, MappingFacts)
    return found


def test_a_silent_template_means_the_defaults_of_lambda() -> None:
    found = facts(mapping())

    assert (found.batch_size, found.batching_window) == (10, 0)
    assert found.max_concurrency is found.minimum_pollers is found.maximum_pollers is None
    assert (found.reports_failures, found.has_filter) == (False, False)


def test_what_is_set_is_read() -> None:
    found = facts(
        mapping(
            BatchSize="5",
            MaximumBatchingWindowInSeconds=3,
            ScalingConfig={"MaximumConcurrency": "7"},
            FunctionResponseTypes=["ReportBatchItemFailures"],
            FilterCriteria={"Filters": [{"Pattern": "{}"}]},
        )
    )

    assert (found.batch_size, found.batching_window, found.max_concurrency) == (5, 3, 7)
    assert (found.reports_failures, found.has_filter) == (True, True)


@pytest.mark.parametrize(
    ("prop", "value", "fact"),
    [
        ("BatchSize", UNSEEN, "batch_size"),
        ("BatchSize", "ten", "batch_size"),
        ("BatchSize", 2.5, "batch_size"),
        ("MaximumBatchingWindowInSeconds", UNSEEN, "batching_window"),
        ("ScalingConfig", UNSEEN, "max_concurrency"),
        ("ScalingConfig", {"MaximumConcurrency": UNSEEN}, "max_concurrency"),
        ("ScalingConfig", {"Fn::If": ["Prod", {"MaximumConcurrency": 9}, {"Ref": "AWS::NoValue"}]}, "max_concurrency"),
        ("ProvisionedPollerConfig", UNSEEN, "minimum_pollers"),
        ("ProvisionedPollerConfig", {"MinimumPollers": UNSEEN}, "minimum_pollers"),
        ("FunctionResponseTypes", UNSEEN, "reports_failures"),
        ("FunctionResponseTypes", [UNSEEN], "reports_failures"),
        ("FilterCriteria", UNSEEN, "has_filter"),
        ("FilterCriteria", {"Filters": UNSEEN}, "has_filter"),
    ],
)
def test_what_nobody_can_see_is_unknown(prop: str, value: object, fact: str) -> None:
    assert getattr(facts(mapping(**{prop: value})), fact) is UNKNOWN


@pytest.mark.parametrize(
    ("config", "least", "most"),
    [
        ({"MaximumPollers": 9}, 2, 9),
        ({"MinimumPollers": 5}, 5, 200),
        ({"MinimumPollers": "3", "MaximumPollers": UNSEEN}, 3, UNKNOWN),
    ],
)
def test_provisioned_mode_has_from_two_to_200_pollers(config: Body, least: object, most: object) -> None:
    found = facts(mapping(ProvisionedPollerConfig=config))

    assert (found.minimum_pollers, found.maximum_pollers) == (least, most)


def test_queue_and_function_are_followed() -> None:
    found = facts(
        mapping(),
        of_queue=queue(
            VisibilityTimeout=60,
            FifoQueue=True,
            RedrivePolicy={"deadLetterTargetArn": arn("Dead"), "maxReceiveCount": 4},
        ),
        of_function=function(Timeout=10, ReservedConcurrentExecutions=5),
        Dead=queue(FifoQueue=True),
    )

    assert (found.visibility_timeout, found.fifo, found.max_receive_count) == (60, True, 4)
    assert (found.function_timeout, found.reserved_concurrency) == (10, 5)
    assert (found.has_dead_letter_queue, found.answers_failures) == (True, True)


def test_a_queue_without_redrive_has_no_dead_letter_queue_and_no_receives() -> None:
    found = facts(mapping())

    assert (found.has_dead_letter_queue, found.max_receive_count) == (False, None)


def test_a_dead_letter_queue_needs_none_of_its_own() -> None:
    shop = queue(RedrivePolicy={"deadLetterTargetArn": arn("Orders"), "maxReceiveCount": 5})

    found = facts(mapping(), Shop=shop)

    assert (found.has_dead_letter_queue, found.max_receive_count) == (True, None)


@pytest.mark.parametrize("source", [_ELSEWHERE, UNSEEN])
def test_of_a_queue_elsewhere_its_settings_are_unknown(source: object) -> None:
    found = facts(mapping(source))

    assert found.visibility_timeout is found.max_receive_count is found.has_dead_letter_queue is UNKNOWN
    assert found.batch_size == 10


@pytest.mark.parametrize("target", ["arn:aws:lambda:eu-west-1:111122223333:function:theirs", UNSEEN])
def test_of_a_function_elsewhere_its_settings_are_unknown(target: object) -> None:
    found = facts(mapping(to=target))

    assert found.function_timeout is found.reserved_concurrency is found.answers_failures is UNKNOWN
    assert found.sends_to_own_queue is UNKNOWN
    assert found.visibility_timeout == 30


@pytest.mark.parametrize(
    "given",
    [
        {"source": _STREAM, "StartingPosition": "LATEST"},
        {"source": UNSEEN, "StartingPosition": "LATEST"},
        {"source": UNSEEN, "Queues": ["orders"]},
        {"source": UNSEEN, "Topics": ["orders"], "StartingPosition": "LATEST"},
        {"source": {"Fn::GetAtt": ["Table", "StreamArn"]}, "StartingPosition": "LATEST"},
        {"source": _STREAM},
    ],
)
def test_a_mapping_of_another_source_is_none_of_ours(given: dict[str, Any]) -> None:
    of = app(Mapping=mapping(**given), Consumer=function(), Table=of_type("AWS::DynamoDB::Table"))

    assert subjects(of) == []


RETRIES = """
import requests
from tenacity import retry, stop_after_attempt, wait_fixed

@retry(stop=stop_after_attempt(5), wait=wait_fixed(3))
def call():
    requests.get('https://courier.example', timeout=4)

def handler(event, context):
    call()
"""


def test_what_the_code_shows_of_its_calls_is_known() -> None:
    found = facts(mapping(), of_function=function(Code={"ZipFile": RETRIES}))

    assert (found.call_attempts, found.call_timeout, found.call_retry_wait) == (5, 4, 3)


def test_what_the_author_declares_wins_and_the_mappings_own_before_the_functions() -> None:
    of_function, own = function(), mapping()
    of_function["Metadata"] = {"constructs-lib": {"call_attempts": 3, "call_timeout": 2.5}}
    own["Metadata"] = {"constructs-lib": {"call_attempts": 4}}

    found = facts(own, of_function=of_function)

    assert (found.call_attempts, found.call_timeout, found.call_retry_wait) == (4, 2.5, None)


def test_calls_that_are_declared_are_made_for_each_message_and_those_of_the_code_once() -> None:
    of_function, own = function(Code={"ZipFile": RETRIES}), mapping(BatchSize=7)
    assert facts(own, of_function=of_function).messages_called_for == 1

    own["Metadata"] = {"constructs-lib": {"call_timeout": 2}}
    assert facts(own, of_function=of_function).messages_called_for == 1

    own["Metadata"] = {"constructs-lib": {"call_attempts": 4}}
    assert facts(own, of_function=of_function).messages_called_for == 7


def r18_of(code: str, declared: dict[str, object] | None = None) -> list[Answer]:
    """What R18 has to say of a function with this code, whose timeout is 30 s."""
    of_function = function(Timeout=30, Code={"ZipFile": code})
    of_function["Metadata"] = {"constructs-lib": declared or {}}
    return [
        each for each in rules.answers(facts(mapping(BatchSize=1), of_function=of_function)) if each.rule.id == "R18"
    ]


@pytest.mark.parametrize(
    ("written", "unseen", "declared"),
    [
        ("stop=stop_after_attempt(5)", "call_attempts", {"call_attempts": 3}),
        ("wait=wait_fixed(3)", "call_retry_wait", {"call_retry_wait": 2}),
    ],
)
def test_retries_that_cannot_be_read_are_not_checked_until_they_are_declared(
    written: str, unseen: str, declared: dict[str, object]
) -> None:
    hidden = RETRIES.replace(written, f"{written.partition('=')[0]}=chosen()")

    [answer] = r18_of(hidden)

    assert answer.unseen == (unseen,)
    assert f"Metadata: constructs-lib: {unseen} says it" in in_words(unseen)
    assert r18_of(hidden, declared) == []


def test_retries_that_surely_take_too_long_are_told_of_whatever_else_cannot_be_read() -> None:
    hidden = RETRIES.replace("wait=wait_fixed(3)", "wait=chosen()").replace("timeout=4", "timeout=7")

    [answer] = r18_of(hidden)

    assert "5 attempts of 7 s" in answer.message


def test_a_declaration_that_is_no_number_is_named_and_does_not_count() -> None:
    own = mapping()
    own["Metadata"] = {"constructs-lib": {"call_attempts": "many"}}
    of = app(Orders=queue(), Consumer=function(), Role=role(), Mapping=own)

    found = subject(MappingFacts, of, "Mapping").facts

    assert isinstance(found, MappingFacts)
    assert found.call_attempts is None
    assert "call_attempts must be a number, got 'many'" in str(of.unread[0])


def test_sources_that_set_a_group_are_named() -> None:
    target = {"Id": "t", "Arn": arn("Orders"), "SqsParameters": {"MessageGroupId": "$.detail.shop"}}
    plain = {"Id": "t", "Arn": arn("Orders")}

    found = facts(
        mapping(),
        Fair=of_type("AWS::Events::Rule", Targets=[target]),
        Plain=of_type("AWS::Events::Rule", Targets=[plain]),
    )

    assert found.grouped_sources == ["Fair"]


def test_the_queue_and_the_function_are_involved() -> None:
    of = app(Orders=queue(), Consumer=function(), Role=role(), Mapping=mapping(to=ref("Consumer")))

    found = subject(MappingFacts, of, "Mapping")

    assert [each.path for each in found.involved] == ["Orders", "Consumer"]
