import json
import threading
import uuid
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import boto3
import pytest

from local.emulator import Emulator
from tests.helpers.lambda_src import load
from tests.helpers.spot_vendor import MemoryLedger, SpotVendor, event

GROUP: dict[str, Any] = {"name": "web", "region": "eu-west-1", "capacity": 2}
WITH_TOKEN = {**GROUP, "client_token": "token-1"}
HOST = "https://vendor.example"
MODES = ("t", "q", "n")

Call = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    seconds: list[float] = []
    monkeypatch.setattr("time.sleep", seconds.append)
    return seconds


@pytest.fixture
def call(vendor: SpotVendor, slept: list[float]) -> Call:
    assert slept == []

    def made(method: str, path: str, **body: object) -> tuple[int, dict[str, Any]]:
        answer = vendor.function(event(method, f"{HOST}/{path}", json.dumps(body) if body else None))
        return answer["statusCode"], json.loads(answer["body"])

    return made


@pytest.mark.parametrize("mode", MODES)
def test_a_group_can_be_made_read_changed_and_deleted(call: Call, mode: str) -> None:
    status, group = call("POST", f"{mode}/groups", **GROUP)
    assert status == 201
    assert group.items() >= {**GROUP, "status": "active"}.items()
    assert group["id"].startswith("sig-")
    assert len(group["id"]) == 12

    path = f"{mode}/groups/{group['id']}"
    assert call("GET", path) == (200, group)
    assert call("PUT", path, **{**GROUP, "name": "shop", "capacity": 5}) == (
        200,
        {**group, "name": "shop", "capacity": 5},
    )
    assert call("DELETE", path)[1]["status"] == "deleted"


@pytest.mark.parametrize("mode", MODES)
def test_a_deleted_group_is_gone_for_its_callers_and_stays_in_the_ledger(
    call: Call, vendor: SpotVendor, mode: str
) -> None:
    _, group = call("POST", f"{mode}/groups", **GROUP)
    path = f"{mode}/groups/{group['id']}"
    call("DELETE", path)
    [before] = vendor.made

    assert [call("DELETE", path)[0], call("GET", path)[0], call("PUT", path, **GROUP)[0]] == [404, 404, 404]
    [entry] = vendor.made
    assert entry == before
    assert entry["created_at"] <= entry["deleted_at"]
    assert vendor.live == []


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_group_that_never_was_is_not_found(call: Call, mode: str, method: str) -> None:
    assert call(method, f"{mode}/groups/sig-00000000", **GROUP)[0] == 404


def test_t_makes_one_group_of_one_token(call: Call, vendor: SpotVendor) -> None:
    first, again, other = (
        call("POST", "t/groups", **GROUP, client_token=token) for token in ("token-1", "token-1", "token-2")
    )

    assert (first[0], again[0], other[0]) == (201, 200, 201)
    assert first[1] == again[1]
    assert other[1]["id"] != first[1]["id"]
    assert [group["client_token"] for group in vendor.made] == ["token-1", "token-2"]


def test_t_does_not_make_another_group_of_a_token_whose_group_is_deleted(call: Call, vendor: SpotVendor) -> None:
    _, group = call("POST", "t/groups", **WITH_TOKEN)
    call("DELETE", f"t/groups/{group['id']}")

    assert call("POST", "t/groups", **WITH_TOKEN)[0] == 409
    assert len(vendor.made) == 1


def test_t_finishes_what_a_killed_call_has_begun(call: Call, vendor: SpotVendor) -> None:
    vendor.ledger.claim("token-1", "sig-12345678")

    assert call("POST", "t/groups", **WITH_TOKEN)[1]["id"] == "sig-12345678"


@pytest.mark.parametrize("mode", MODES)
def test_without_a_token_each_call_makes_a_group(call: Call, vendor: SpotVendor, mode: str) -> None:
    ids = {call("POST", f"{mode}/groups", **GROUP)[1]["id"] for _ in range(3)}

    assert len(ids) == len(vendor.live) == 3


@pytest.mark.parametrize("mode", ["q", "n"])
def test_q_and_n_do_not_read_tokens_but_the_ledger_shows_them(call: Call, vendor: SpotVendor, mode: str) -> None:
    for _ in range(2):
        assert call("POST", f"{mode}/groups", **WITH_TOKEN)[0] == 201

    assert [(group["mode"], group["client_token"]) for group in vendor.made] == [(mode, "token-1")] * 2


def test_q_finds_the_groups_with_a_tag_but_not_deleted_ones(call: Call) -> None:
    ids = [
        call("POST", "q/groups", **GROUP, tags={"lib:token": token, "team": "blue"})[1]["id"]
        for token in ("a", "a", "b")
    ]
    call("DELETE", f"q/groups/{ids[0]}")

    def found(tag: str) -> list[str]:
        return [group["id"] for group in call("GET", f"q/groups?tag={tag}")[1]["groups"]]

    assert found("lib%3Atoken%3Da") == [ids[1]]
    assert found("team=blue") == ids[1:]
    assert found("team=red") == found("other=a") == []


@pytest.mark.parametrize("mode", ["t", "n"])
def test_t_and_n_cannot_look_groups_up(call: Call, mode: str) -> None:
    assert call("GET", f"{mode}/groups?tag=a=b")[0] == 501


@pytest.mark.parametrize("query", ["", "?tag=", "?tag=name", "?tag==value", "?other=a"])
def test_a_lookup_without_a_whole_tag_is_refused(call: Call, query: str) -> None:
    status, answer = call("GET", f"q/groups{query}")

    assert status == 400
    assert "tag must be NAME=VALUE" in answer["message"]


def test_a_group_takes_as_long_as_its_caller_wants(call: Call, slept: list[float]) -> None:
    call("POST", "n/groups", **GROUP, latency=1.5)
    call("POST", "n/groups", **GROUP)

    assert slept == [1.5, 0]


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"name": ""}, "name must be a string"),
        ({"name": 7}, "name must be a string"),
        ({"region": None}, "region must be a string"),
        ({"capacity": "2"}, "capacity must be a whole number"),
        ({"capacity": 2.5}, "capacity must be a whole number"),
        ({"capacity": True}, "capacity must be a whole number"),
        ({"capacity": -1}, "from 0 to 1000, got -1"),
        ({"capacity": 1001}, "from 0 to 1000, got 1001"),
        ({"latency": 11}, "from 0 to 10, got 11"),
        ({"latency": "1"}, "latency must be a number"),
    ],
)
def test_what_is_no_group_is_refused_and_nothing_is_made(
    call: Call, vendor: SpotVendor, fault: dict[str, Any], message: str
) -> None:
    status, answer = call("POST", "n/groups", **{**GROUP, **fault})

    assert status == 400
    assert message in answer["message"]
    assert vendor.made == []


@pytest.mark.parametrize("body", [None, "", "{no json", "[1]", '"group"'])
def test_a_body_that_is_no_object_is_refused(vendor: SpotVendor, body: str | None) -> None:
    assert vendor.function(event("POST", f"{HOST}/n/groups", body))["statusCode"] == 400


def test_a_group_cannot_move(call: Call, vendor: SpotVendor) -> None:
    _, group = call("POST", "t/groups", **GROUP)

    status, answer = call("PUT", f"t/groups/{group['id']}", **{**GROUP, "region": "us-east-1"})
    assert (status, answer["message"]) == (
        409,
        f"group {group['id']} cannot move from eu-west-1 to us-east-1; make another",
    )
    assert vendor.live[0]["region"] == "eu-west-1"


def test_another_path_or_method_is_refused(call: Call) -> None:
    assert call("POST", "x/groups", **GROUP)[0] == 404
    assert call("DELETE", "t/groups")[0] == 405


def test_each_call_is_one_log_line_and_what_was_made_a_metric(
    call: Call, vendor: SpotVendor, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        call("POST", "t/groups", **WITH_TOKEN)

    [first, second] = vendor.function.lines_with(message="vendor call", operation="POST", mode="t")
    assert (first["http_status"], first["made"], second["http_status"], second["made"]) == (201, True, 200, False)
    assert first["group_id"] == second["group_id"]
    assert [json.loads(line)["GroupsMade"] for line in capsys.readouterr().out.splitlines()] == [[1.0], [0.0]]


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


@pytest.fixture(params=["memory", pytest.param("DynamoDB", marks=pytest.mark.emulator)])
def ledger(request: pytest.FixtureRequest) -> Any:  # noqa: ANN401 - of a module loaded by path, or its twin
    """The vendor's own ledger on the emulator's DynamoDB, and its twin of these tests."""
    if request.param == "memory":
        return MemoryLedger()
    return ledger_of(load("spot_vendor").module, request.getfixturevalue("emulator"))


def ledger_of(module: ModuleType, emulator: Emulator) -> Any:  # noqa: ANN401 - as above
    dynamodb = boto3.resource("dynamodb", endpoint_url=emulator.endpoint, region_name=emulator.region)

    def table(key: str) -> Any:  # noqa: ANN401 - boto3's
        return dynamodb.create_table(
            TableName=f"{key}-{uuid.uuid4()}",
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )

    return module.Ledger(groups=table("id"), tokens=table("client_token"))


def test_the_ledger_keeps_what_it_is_given(ledger: Any) -> None:  # noqa: ANN401
    group = {**GROUP, "id": "sig-1", "tags": {"lib:token": "a"}}

    assert ledger.get("sig-1") is None
    assert ledger.add(group) is True
    assert ledger.add({**group, "name": "other"}) is False
    assert ledger.get("sig-1") == group
    assert ledger.tagged("lib:token", "a") == [group]
    assert ledger.tagged("lib:token", "b") == ledger.tagged("token", "a") == []


def test_the_ledger_changes_a_group_until_it_is_deleted(ledger: Any) -> None:  # noqa: ANN401
    ledger.add({**GROUP, "id": "sig-1"})

    assert ledger.change("sig-1", name="shop", capacity=5) == {**GROUP, "id": "sig-1", "name": "shop", "capacity": 5}
    assert ledger.change("sig-1", deleted_at=17)["deleted_at"] == 17
    assert ledger.change("sig-1", deleted_at=18) is None
    assert ledger.change("sig-2", deleted_at=17) is None
    assert ledger.get("sig-1")["deleted_at"] == 17
    assert ledger.get("sig-2") is None


def test_the_ledger_lets_a_token_stand_for_one_group_however_many_claim_it_at_once(ledger: Any) -> None:  # noqa: ANN401
    found: list[str] = []
    together = threading.Barrier(8)

    def claim(number: int) -> None:
        together.wait()
        found.append(ledger.claim("token-1", f"sig-{number}"))

    threads = [threading.Thread(target=claim, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 8
    assert len(set(found)) == 1
