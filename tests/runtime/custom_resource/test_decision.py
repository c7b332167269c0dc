"""What to do with a request whose first claim was refused."""

from typing import Any

import pytest

from constructs_lib.runtime.custom_resource.decision import Verdict, decide
from constructs_lib.runtime.custom_resource.request import Request, RequestType

NOW = 1_000_000


def request(type_: RequestType = "Create", *, url: str = "url-1", signed_at: int | None = None) -> Request:
    return Request(
        type=type_,
        request_id="this",
        stack_id="stack",
        logical_id="Web",
        resource_type="Custom::Elastigroup",
        url="https://never.used",
        url_digest=url,
        signed_at=signed_at,
    )


def record(phase: str = "IDLE", **attributes: object) -> dict[str, Any]:
    held = {"lease": NOW + 1} if phase == "RUNNING" else {}
    return {"pk": "stack|Web", "phase": phase, "fence": 1, "cur": "other", **held, **attributes}


def operation(status: str, **fields: object) -> dict[str, Any]:
    return {"type": "Create", "status": status, "url_digest": "url-1", "attempt": 1, **fields}


def this(status: str, **fields: object) -> dict[str, Any]:
    return {"op:this": operation(status, **fields)}


@pytest.mark.parametrize(
    ("item", "asked", "verdict"),
    [
        # The same request again.
        (record(**this("SUCCEEDED")), request(), Verdict.REPLAY),
        (record(**this("FAILED")), request(), Verdict.REPLAY),
        (record(**this("SUCCEEDED"), **{"ack:this": "url-1"}), request(), Verdict.DONE),
        (record(**this("FAILED"), **{"ack:this": "url-1"}), request(), Verdict.DONE),
        (record("RUNNING", **this("RUNNING"), cur="this"), request(), Verdict.WAIT),
        (record("RUNNING", **this("RUNNING"), cur="this", lease=NOW - 1), request(), Verdict.CLAIM),
        (record("WAITING", **this("WAITING"), cur="this"), request(), Verdict.RESUME),
        # CloudFormation asks again, under the same id and with a new URL.
        (record(**this("SUCCEEDED"), **{"ack:this": "url-1"}), request(url="url-2"), Verdict.REPLAY),
        (record(**this("FAILED"), **{"ack:this": "url-1"}), request(url="url-2"), Verdict.CLAIM_AGAIN),
        (record("TOMBSTONE", **this("FAILED")), request(url="url-2"), Verdict.CLAIM_AGAIN),
        (record("RUNNING", **this("FAILED")), request(url="url-2"), Verdict.WAIT),
        # A late delivery with the old URL, after it was asked again.
        (record(**this("FAILED", url_digest="url-2", earlier_urls="url-0 url-1")), request(), Verdict.DONE),
        (record(**this("FAILED", url_digest="url-2"), signed_at=20), request(signed_at=10), Verdict.DROP),
        # Another request is at work, or was.
        (record("RUNNING"), request(), Verdict.WAIT),
        (record("RUNNING", lease=NOW - 1), request("Delete"), Verdict.CLAIM),
        (record("WAITING"), request("Delete"), Verdict.CLAIM),
        (record(signed_at=20), request(signed_at=10), Verdict.DROP),
        # The resource is gone.
        (record("TOMBSTONE", unseen=False), request(), Verdict.CLAIM),
        (record("TOMBSTONE", unseen=True), request(), Verdict.REFUSE),
        (record("TOMBSTONE", unseen=True), request("Delete"), Verdict.CLAIM),
        (record("TOMBSTONE", unseen=True, signed_at=20), request(signed_at=20), Verdict.REFUSE),
        (record("TOMBSTONE", unseen=True, signed_at=20), request(signed_at=21), Verdict.CLAIM),
        (record("TOMBSTONE", unseen=False, signed_at=20), request(signed_at=10), Verdict.DROP),
    ],
)
def test_the_record_and_the_time_decide_what_to_do(item: dict[str, Any], asked: Request, verdict: Verdict) -> None:
    assert decide(item, asked, NOW).verdict is verdict


def test_a_wait_ends_with_the_holders_lease() -> None:
    assert decide(record("RUNNING", lease=NOW + 7), request(), NOW).until == NOW + 7
