"""What others do, as steps of the same model: no record at all, and a record like Powertools' idempotency."""

import json
from collections.abc import Callable, Generator
from typing import Any

from constructs_lib.runtime._shared.change import Change, Condition, Written
from constructs_lib.runtime._shared.errors import Unanswered
from constructs_lib.runtime.custom_resource.request import Request
from constructs_lib.runtime.custom_resource.steps import Clock, Put, Step, Traits, Write
from tests.runtime.custom_resource.model.vendor import Reply, VendorCall

Steps = Generator[Step | VendorCall, Any, None]


def naive(request: Request, me: str, traits: Traits, *, is_last: bool) -> Callable[[Clock], Steps]:  # noqa: ARG001
    """A plain handler: it does what the event says, and answers."""

    def begin(_: Clock) -> Steps:
        physical_id = yield from _act(request)
        yield Put(request.url, _body(request, "SUCCESS", physical_id))

    return begin


def powertools(request: Request, me: str, traits: Traits, *, is_last: bool) -> Callable[[Clock], Steps]:  # noqa: ARG001
    """The plain handler within a record: in progress until a lease ends, then whatever it returned, without a fence.

    An event that finds the record in progress raises; the handler's framework answers FAILED to that, as crhelper does.
    """
    status = f"status:{request.request_id}"

    def begin(clock: Clock) -> Steps:
        lease = clock.now() + int(clock.remaining() * 1000)
        free = (
            (Condition(status, "absent"),),
            (Condition(status, "=", "INPROGRESS"), Condition("lease", "<=", clock.now())),
        )
        claimed = {status: "INPROGRESS", "lease": lease, "owner": me, "phase": "RUNNING"}
        written: Written = yield Write(Change(key=request.key, when=free, set=claimed))
        if not written.won:
            if written.item[status] == "INPROGRESS":
                yield Put(request.url, _body(request, "FAILED", "unknown"))
                raise Unanswered("already in progress")
            yield Put(request.url, written.item[status])
            return
        body = _body(request, "SUCCESS", (yield from _act(request)))
        yield Write(Change(key=request.key, when=((),), set={status: body, "phase": "IDLE"}))
        yield Put(request.url, body)

    return begin


def _act(request: Request) -> Generator[VendorCall, Any, str]:
    if request.type == "Delete":
        yield VendorCall("delete", request.physical_id or "")
        return request.physical_id or ""
    reply: Reply = yield VendorCall("create", request.request_id)
    return reply.physical_id or ""


def _body(request: Request, status: str, physical_id: str) -> str:
    return json.dumps({"Status": status, "PhysicalResourceId": physical_id, "RequestId": request.request_id})
