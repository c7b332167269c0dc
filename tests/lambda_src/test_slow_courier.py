import json
import random
from typing import Any

import pytest

from tests.helpers.lambda_src import Function, load


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    seconds: list[float] = []
    monkeypatch.setattr("time.sleep", seconds.append)
    return seconds


@pytest.fixture
def courier(slept: list[float]) -> Function:
    assert slept == []
    return load("slow_courier")


def request(body: str = '{"order_id": "o-1"}') -> dict[str, Any]:
    return {"body": body, "headers": {"X-Correlation-Id": "c-1", "Idempotency-Key": "c-1"}}


def test_a_fifth_of_the_calls_fails_at_once_and_the_others_take_up_to_two_seconds(courier: Function) -> None:
    rng = random.Random(1)  # noqa: S311 - repeatable is the point

    latencies = [courier.module.latency(rng, failure_share=0.2, max_latency=2.0) for _ in range(10_000)]

    taken = sorted(latency for latency in latencies if latency is not None)
    assert latencies.count(None) / len(latencies) == pytest.approx(0.2, abs=0.01)
    assert taken[0] >= 0
    assert taken[-1] <= 2
    assert sum(taken) / len(taken) == pytest.approx(1, abs=0.02)


def test_an_accepted_delivery_takes_its_time_and_is_recorded(
    courier: Function, slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAILURE_SHARE", "0")

    answer = courier(request())

    [line] = courier.lines_with(message="delivery")
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"])["delivery_id"]
    assert len(slept) == 1
    assert line["outcome"] == "accepted"
    assert (line["order_id"], line["correlation_id"]) == ("o-1", "c-1")
    assert isinstance(line["accepted_at"], float)


def test_a_failed_delivery_answers_503_at_once_and_is_no_acceptance(
    courier: Function, slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAILURE_SHARE", "1")

    answer = courier(request())

    [line] = courier.lines_with(message="delivery")
    assert answer["statusCode"] == 503
    assert slept == []
    assert line["outcome"] == "failed"
    assert "accepted_at" not in line


def test_each_repetition_of_an_order_is_recorded(courier: Function, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo counts duplicates in this record, so the courier must not hide them."""
    monkeypatch.setenv("FAILURE_SHARE", "0")

    for _ in range(2):
        courier(request())

    assert len(courier.lines_with(outcome="accepted", order_id="o-1")) == 2


@pytest.mark.parametrize("body", ["", "{no json", "[1]", '"order"', "{}", '{"order_id": ""}'])
def test_what_is_no_order_is_refused(courier: Function, slept: list[float], body: str) -> None:
    answer = courier(request(body))

    assert answer["statusCode"] == 400
    assert slept == []
    assert courier.lines_with(outcome="refused")


def test_a_request_without_headers_and_body_is_refused(courier: Function) -> None:
    assert courier({"body": None, "headers": None})["statusCode"] == 400
