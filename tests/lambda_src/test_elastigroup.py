"""The example's resource, driven through the whole protocol against the vendor's own function."""

import logging
from collections.abc import Callable
from typing import Any

import pytest

from constructs_lib.runtime.custom_resource.contract import Metric
from constructs_lib.runtime.custom_resource.testing import POINTS, Killed, ResourceRunner
from tests.helpers.lambda_src import Function, load
from tests.helpers.spot_vendor import NO_ANSWER, SpotVendor

WEB = {"Name": "web", "Region": "eu-west-1", "TargetCapacity": "2"}
MODES = ("T", "Q", "N")
#: The modes in which nothing that was made stays unknown.
KNOWING = ("T", "Q")

Start = Callable[[str], ResourceRunner]


@pytest.fixture
def start(vendor: SpotVendor, secrets_read: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> Start:
    """Starts the function in a mode, before the vendor's function in the same mode."""
    assert secrets_read == []

    def started(mode: str) -> ResourceRunner:
        runner = ResourceRunner(elastigroup(vendor, monkeypatch, mode).module.handler)
        monkeypatch.setattr("time.sleep", runner.clock.sleep)
        return runner

    return started


def elastigroup(vendor: SpotVendor, monkeypatch: pytest.MonkeyPatch, mode: str) -> Function:
    monkeypatch.setenv("MODE", mode)
    monkeypatch.setenv("VENDOR_URL", f"https://vendor.example/{mode.lower()}/groups")
    # What the function does to the library's logger ends with the test.
    for name, value in {"handlers": [], "propagate": True}.items():
        monkeypatch.setattr(logging.getLogger("constructs_lib.runtime"), name, value)
    function = load("elastigroup")
    function.module.http = vendor  # type: ignore[attr-defined]
    return function


@pytest.mark.parametrize("mode", MODES)
def test_a_create_makes_a_group_and_tells_its_id_and_attributes(start: Start, vendor: SpotVendor, mode: str) -> None:
    answer = start(mode).create(WEB)

    [group] = vendor.live
    assert group.items() >= {"name": "web", "region": "eu-west-1", "capacity": 2, "mode": mode.lower()}.items()
    assert (answer.status, answer.physical_id) == ("SUCCESS", group["id"])
    assert answer.attributes == {"Endpoint": f"https://{group['id']}.eu-west-1.spot.example", "Status": "active"}


def test_each_mode_tells_the_vendor_what_it_can_use(start: Start, vendor: SpotVendor) -> None:
    for mode in MODES:
        start(mode).create(WEB)

    by_token, by_tag, neither = vendor.sent("POST")
    assert len(by_token["client_token"]) == 52
    assert "constructs-lib:token" in by_tag["tags"]
    assert ["tags" in by_token, "client_token" in by_tag, neither.keys() & {"tags", "client_token"}] == [
        False,
        False,
        set(),
    ]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("concurrently", [False, True])
def test_an_event_that_comes_three_times_makes_one_group(
    start: Start, vendor: SpotVendor, mode: str, concurrently: bool
) -> None:
    runner = start(mode)

    answer = runner.create({**WEB, "Latency": "2.5"}, times=3, concurrently=concurrently)

    assert answer.status == "SUCCESS"
    assert [group["id"] for group in vendor.made] == [answer.physical_id]
    assert runner.contradictions == []


@pytest.mark.parametrize("mode", KNOWING)
@pytest.mark.parametrize("point", POINTS)
def test_a_killed_function_makes_one_group_all_the_same(
    start: Start, vendor: SpotVendor, mode: str, point: str
) -> None:
    runner = start(mode)

    answer = runner.create(WEB, kill_after=point)

    assert answer.status == "SUCCESS"
    assert answer.attributes["Status"] == "active"
    assert [group["id"] for group in vendor.made] == [answer.physical_id]
    assert runner.contradictions == []


@pytest.mark.parametrize("mode", KNOWING)
@pytest.mark.parametrize("point", POINTS)
def test_a_function_that_is_killed_every_time_leaves_no_group_that_cloudformation_does_not_know(
    start: Start, vendor: SpotVendor, mode: str, point: str
) -> None:
    runner = start(mode)

    answer = runner.create(WEB, kill_after=point, kills=3)

    known = [answer.physical_id] if answer.status == "SUCCESS" else []
    assert answer.status in ("SUCCESS", "FAILED")
    assert [group["id"] for group in vendor.live] == known
    assert len(vendor.made) <= 1


@pytest.mark.parametrize("mode", MODES)
def test_a_function_that_is_killed_before_it_knows_the_groups_id_makes_no_other_one(
    start: Start, vendor: SpotVendor, mode: str
) -> None:
    """What the vendor offers decides whether that one is found; where it offers nothing, somebody is told."""
    runner = start(mode)
    vendor.endings = [Killed("the vendor's answer")]

    answer = runner.create(WEB)

    assert len(vendor.made) == len(vendor.live) == 1
    assert answer.status == ("SUCCESS" if mode in KNOWING else "FAILED")
    assert bool(runner.metrics[Metric.AMBIGUOUS]) == (mode not in KNOWING)
    assert bool(runner.metrics[Metric.ADOPTED]) == (mode in KNOWING)


def test_where_the_vendor_offers_nothing_the_checkpoint_lets_the_rollback_delete_the_group(
    start: Start, vendor: SpotVendor
) -> None:
    runner = start("N")

    answer = runner.create(WEB, kill_after="checkpoint")

    assert (answer.status, len(vendor.made), vendor.live) == ("FAILED", 1, [])
    assert runner.metrics[Metric.AMBIGUOUS] == 0


@pytest.mark.parametrize("mode", KNOWING)
def test_a_create_whose_answer_is_lost_leaves_no_group_behind(start: Start, vendor: SpotVendor, mode: str) -> None:
    vendor.endings = [NO_ANSWER]

    answer = start(mode).create(WEB)

    assert (answer.status, len(vendor.made), vendor.live) == ("FAILED", 1, [])
    assert "no answer in time" in answer.reason


@pytest.mark.parametrize("status", [403, 429, 503])
def test_an_answer_that_says_nothing_of_an_earlier_attempt_does_not_count_as_nothing_made(
    start: Start, vendor: SpotVendor, status: int
) -> None:
    """The first attempt has made a group and was killed; the second one is turned away at the vendor's door."""
    runner = start("T")
    event = runner.event("Create", WEB)
    runner.deliver(event, kill_after="create")
    runner.run(30)
    vendor.statuses = [status]
    runner.run()

    answer = runner.answer(event)
    assert answer is not None
    assert answer.status == "FAILED"
    assert f"the vendor answers {status}: no reason given" in answer.reason
    runner.deliver(runner.event("Delete", WEB, physical_id=answer.physical_id))
    runner.run()
    assert (len(vendor.made), vendor.live) == (1, [])


@pytest.mark.parametrize("mode", MODES)
def test_a_refused_group_fails_with_the_vendors_reason_and_its_rollback_deletes_nothing(
    start: Start, vendor: SpotVendor, mode: str
) -> None:
    answer = start(mode).create({**WEB, "TargetCapacity": "5000"})

    assert answer.status == "FAILED"
    assert answer.reason == "the vendor answers 400: capacity must be a whole number from 0 to 1000, got 5000"
    assert answer.follow_up is not None
    assert answer.follow_up.status == "SUCCESS"
    assert vendor.made == vendor.sent("DELETE") == []


@pytest.mark.parametrize("mode", MODES)
def test_an_update_changes_the_group_and_tells_its_attributes(start: Start, vendor: SpotVendor, mode: str) -> None:
    runner = start(mode)
    made = runner.create(WEB)

    answer = runner.update({**WEB, "TargetCapacity": "5"}, times=2)

    assert (answer.physical_id, answer.attributes) == (made.physical_id, made.attributes)
    assert [group["capacity"] for group in vendor.made] == [5]


@pytest.mark.parametrize("mode", MODES)
def test_another_region_makes_one_other_group_and_the_old_one_goes(start: Start, vendor: SpotVendor, mode: str) -> None:
    runner = start(mode)
    old = runner.create(WEB)

    new = runner.update({**WEB, "Region": "us-east-1"}, times=3, concurrently=True)

    assert new.physical_id != old.physical_id
    assert [(group["id"], group["region"]) for group in vendor.live] == [(new.physical_id, "us-east-1")]
    assert len(vendor.made) == 2


@pytest.mark.parametrize("mode", MODES)
def test_a_delete_deletes_and_may_come_again(start: Start, vendor: SpotVendor, mode: str) -> None:
    runner = start(mode)
    runner.create(WEB)

    assert runner.delete(times=2).status == "SUCCESS"
    assert vendor.live == []


def test_a_group_that_somebody_deleted_by_hand_is_gone_and_can_be_deleted(start: Start, vendor: SpotVendor) -> None:
    runner = start("T")
    group_id = runner.create(WEB).physical_id
    vendor.ledger.change(str(group_id), deleted_at=1)

    assert runner.delete().status == "SUCCESS"


def test_a_delete_that_the_vendor_does_not_carry_out_fails_and_can_be_asked_again(
    start: Start, vendor: SpotVendor
) -> None:
    runner = start("T")
    runner.create(WEB)
    vendor.statuses = [503]

    assert runner.delete().status == "FAILED"
    assert len(vendor.live) == 1
    assert runner.delete().status == "SUCCESS"
    assert vendor.live == []


def test_the_call_has_the_key_ends_before_the_function_and_is_logged(
    vendor: SpotVendor, secrets_read: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    function = elastigroup(vendor, monkeypatch, "T")
    runner = ResourceRunner(function.module.handler, timeout=6)

    runner.create(WEB)

    [request] = vendor.requests
    assert request["url"] == "https://vendor.example/t/groups"
    assert request["headers"]["x-api-key"] == "the-key"
    assert 0 < request["timeout"].total < 6
    assert secrets_read == [{"name": "vendor-api-key", "max_age": 300}]
    assert function.lines_with(message="vendor call", http_status=201, group_id=vendor.live[0]["id"])


def test_the_librarys_lines_have_the_form_of_the_functions_own(
    vendor: SpotVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    function = elastigroup(vendor, monkeypatch, "T")

    logging.getLogger("constructs_lib.runtime.custom_resource").warning("a duplicate", extra={"request_id": "r-1"})

    [line] = function.lines_with(message="a duplicate", request_id="r-1")
    assert line["level"] == "WARNING"


def test_without_a_mode_the_vendor_honours_tokens(vendor: SpotVendor, monkeypatch: pytest.MonkeyPatch) -> None:
    elastigroup(vendor, monkeypatch, "T")
    monkeypatch.delenv("MODE")
    module = load("elastigroup").module

    assert module.handler.resource is module.ElastigroupByToken
