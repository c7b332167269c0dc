"""What an author's method returned, as the protocol understands it: pure."""

from collections.abc import Mapping
from typing import Any

from constructs_lib.runtime.custom_resource.outcome import InProgress, is_number
from constructs_lib.runtime.custom_resource.steps import Call, How, Made, Pending, Raised

#: What each method is to return, in the words of an error message.
_WANTED = {
    "create": "the id, (id, {attributes}) or InProgress(id, ...)",
    "update": "None, the id, (id, {attributes}), InProgress(id, ...) or ctx.replace()",
    "find": "the id, (id, {attributes}) or None",
    "poll": "{attributes} when it is done ({} for none), None when not yet, or InProgress(id, ...)",
}


def understood(call: Call, value: Any, *, can_poll: bool) -> Made | Pending | Raised:  # noqa: ANN401 - the author's
    """What the method's value says.

    Args:
        call: What was called.
        value: What it returned.
        can_poll: Whether the author's class has `poll`.
    """
    if isinstance(value, InProgress) and call.method != "find":
        return _in_progress(call, value, can_poll=can_poll)
    if call.method == "delete":
        return Made()  # what a vendor's API returns is none of ours
    if call.method == "poll":
        return _polled(value)
    if value is None and call.method in ("update", "find"):
        return Made()
    return _resource(call, value)


def _in_progress(call: Call, value: InProgress, *, can_poll: bool) -> Pending | Raised:
    if is_number(value.physical_id):
        return _number(call, value.physical_id)
    if can_poll:
        return Pending(value.physical_id, value.state, value.next_in)
    reason = f"{call.method} returned InProgress, and the class has no poll: write def poll(self, ctx, state)"
    # What a create has begun exists, and the rollback must delete it; what is updated must not be rolled back.
    return Raised(How.FAILED, reason, value.physical_id) if call.method == "create" else Raised(How.ERROR, reason)


def _polled(value: Any) -> Made | Pending | Raised:  # noqa: ANN401 - the author's
    if value is None:
        return Pending()
    return Made(None, value) if isinstance(value, Mapping) else _wrong("poll", type(value).__name__)


def _resource(call: Call, value: Any) -> Made | Raised:  # noqa: ANN401 - the author's
    if isinstance(value, str):
        return Made(value)
    is_pair = isinstance(value, tuple)
    if is_pair and len(value) != 2:  # noqa: PLR2004 - id, attributes
        return _wrong(call.method, f"a tuple of {len(value)}")
    physical_id, attributes = value if is_pair else (value, {})
    if is_number(physical_id):
        return _number(call, physical_id)
    keeps_id = physical_id is None and is_pair and call.method == "update"
    if not isinstance(physical_id, str) and not keeps_id:
        shown = "None" if physical_id is None else type(physical_id).__name__
        return _wrong(call.method, f"({shown}, ...)" if is_pair else shown)
    # What is wrong with the attributes is found where the answer is made.
    return Made(physical_id, attributes)


def _number(call: Call, physical_id: object) -> Raised:
    """A resource was made whose id is a number: the rollback must be able to delete it."""
    text = str(physical_id)
    reason = f"{call.method} returned the number {text} as the id, it must be text: return str(id)"
    # An update's or a delete's may be the resource itself, which must not be rolled back.
    is_new = call.method in ("create", "find") or (call.method == "update" and text != call.physical_id)
    return Raised(How.FAILED, reason, text) if is_new else Raised(How.ERROR, reason)


def _wrong(method: str, got: str) -> Raised:
    return Raised(How.ERROR, f"{method} returned {got}: return {_WANTED[method]}")
