"""The answers, as the exact text that is committed to the record and sent: pure.

CloudFormation takes 4,096 bytes and no more; what is longer it drops, and waits on for an hour.
"""

import json
from collections.abc import Collection, Mapping
from typing import Any

from constructs_lib.runtime.custom_resource.request import LONGEST_PHYSICAL_ID, Request

#: Bytes that CloudFormation takes.
LONGEST_BODY = 4096

_CUT = "…"
#: Beyond it a number is a mistake, and Python may refuse to write it down.
_LARGEST_NUMBER = 10**300
#: Names that one error message lists at most.
_LISTED = 3


class Unanswerable(Exception):
    """What the author's method returned cannot be an answer.

    Attributes:
        reason: What is wrong and how to mend it.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def success(request: Request, physical_id: str, attributes: object, *, no_echo: Collection[str]) -> str:
    """The body of a SUCCESS.

    Args:
        request: What is answered.
        physical_id: The resource's id.
        attributes: What Fn::GetAtt can read.
        no_echo: Attributes whose values CloudFormation must not show.

    Raises:
        Unanswerable: CloudFormation would not take the id or the attributes.
    """
    data = _check_attributes(attributes)
    body: dict[str, Any] = {**_ids(request, check_physical_id(physical_id)), "Status": "SUCCESS"}
    if data:
        body["Data"] = data
    if not data.keys().isdisjoint(no_echo):
        body["NoEcho"] = True
    text = _to_json(body)
    if (size := len(text.encode())) > LONGEST_BODY:
        raise Unanswerable(
            f"the answer is {size} bytes long, CloudFormation takes {LONGEST_BODY}; the largest attributes are "
            f"{_largest(data)}: store them in SSM or S3 and return their names"
        )
    return text


def failure(request: Request, physical_id: str, reason: str) -> str:
    """The body of a FAILED, its Reason cut to what fits.

    Args:
        request: What is answered.
        physical_id: The id under which CloudFormation will ask to delete.
        reason: What went wrong; the secrets already taken out.

    Raises:
        Unanswerable: CloudFormation would not take the id.
    """
    body = {**_ids(request, check_physical_id(physical_id)), "Status": "FAILED"}
    # CloudFormation takes no FAILED without a Reason.
    reason = _printable(reason) or "no reason given"
    text = _to_json({**body, "Reason": reason})
    if len(text.encode()) <= LONGEST_BODY:
        return text
    room = LONGEST_BODY - len(_to_json({**body, "Reason": _CUT}).encode())
    return _to_json({**body, "Reason": reason[: _characters_within(reason, room)] + _CUT})


def check_physical_id(value: object) -> str:
    """The value, if CloudFormation takes it as a physical id.

    Raises:
        Unanswerable: It does not.
    """
    if not isinstance(value, str):
        raise Unanswerable(
            f"the physical id is {_kind(value)}, it must be text: return the id as str, then the attributes"
        )
    if not value:
        raise Unanswerable("the physical id is empty: return the id by which delete will find the resource")
    if not _is_unicode(value) or any(one < " " for one in value):
        raise Unanswerable(f"the physical id {_short(value)} has control or half characters: return another")
    if (size := len(value.encode())) > LONGEST_PHYSICAL_ID:
        raise Unanswerable(
            f"the physical id {_short(value)} is {size} bytes long, CloudFormation takes {LONGEST_PHYSICAL_ID}: "
            "return a shorter one"
        )
    return str(value)


def presentable(physical_id: str | None, otherwise: str) -> str:
    """The id, or `otherwise` where there is none or CloudFormation would not take it."""
    try:
        return check_physical_id(physical_id)
    except Unanswerable:
        return otherwise


def without_secrets(body: str, no_echo: Collection[str]) -> str:
    """An answer as the record keeps it once CloudFormation has it: without the attributes of `no_echo`.

    Without any attribute where some are secret and nobody says which: the author's class may not have been asked.
    """
    if '"NoEcho":true' not in body:
        return body
    content = json.loads(body)
    data = {name: value for name, value in content.pop("Data", {}).items() if no_echo and name not in no_echo}
    return _to_json({**content, "Data": data} if data else content)


def _ids(request: Request, physical_id: str) -> dict[str, str]:
    return {
        "LogicalResourceId": request.logical_id,
        "PhysicalResourceId": physical_id,
        "RequestId": request.request_id,
        "StackId": request.stack_id,
    }


def _to_json(body: Mapping[str, Any]) -> str:
    return json.dumps(body, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _check_attributes(attributes: object) -> dict[str, Any]:
    if not isinstance(attributes, Mapping):
        raise Unanswerable(f"the attributes are {_kind(attributes)}, they must be a dict: return id, {{name: value}}")
    unnamed = [_short(name) for name in attributes if not isinstance(name, str) or not _is_unicode(name)]
    if unnamed:
        raise Unanswerable(f"attributes need text for names, these have none: {_some(unnamed)}")
    faults = [(name, _fault(value)) for name, value in attributes.items()]
    found = [f"{_short(name)} {fault}" for name, fault in faults if fault]
    if found:
        raise Unanswerable(
            f"JSON cannot hold these attributes: {_some(found)}; return text, finite numbers, true or false, and "
            "lists and dicts of those"
        )
    return dict(attributes)


def _fault(value: object) -> str:
    """Why JSON cannot hold the value; empty when it can."""
    try:
        return _fault_within(value)
    except RecursionError:
        return "is nested too deeply, or contains itself"


def _fault_within(value: object) -> str:  # noqa: PLR0911 - a line for each type
    match value:
        case None | bool():
            return ""
        case int():
            return "" if abs(value) < _LARGEST_NUMBER else "is too large a number"
        case str():
            return "" if _is_unicode(value) else "is text with half a character in it"
        case float():
            return "" if value - value == 0 else f"is {value}"
        case list() | tuple():
            return next(filter(None, map(_fault_within, value)), "")
        case dict():
            if any(not isinstance(name, str) for name in value):
                return "has a dict in it whose names are not all text"
            return next(filter(None, map(_fault_within, [*value, *value.values()])), "")
    return f"is or holds {_kind(value)}"


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _largest(data: Mapping[str, Any]) -> str:
    sizes = {name: len(_to_json({name: value}).encode()) - 2 for name, value in data.items()}
    order = sorted(sizes, key=lambda name: (-sizes[name], name))
    return ", ".join(f"{_short(name)} ({sizes[name]} bytes)" for name in order[:_LISTED])


def _some(names: list[str]) -> str:
    more = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" and {more} more" if more > 0 else "")


def _short(name: object) -> str:
    """A name as a message quotes it."""
    text = repr(name)
    return text if len(text) <= 60 else f"{text[:56]}...{text[-1]}"  # noqa: PLR2004 - half a line


def _kind(value: object) -> str:
    return "None" if value is None else f"of type {type(value).__name__}"


def _printable(text: str) -> str:
    """The text without half characters, which UTF-8 cannot hold, and without control characters but line breaks."""
    whole = text.encode(errors="replace").decode()
    return "".join(one if (one >= " " and one != "\x7f") or one in "\n\t" else " " for one in whole).strip()


def _characters_within(text: str, room: int) -> int:
    """How many of its first characters fit into so many bytes of JSON."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        size = len(json.dumps(text[:middle], ensure_ascii=False).encode()) - 2
        low, high = (middle, high) if size <= room else (low, middle - 1)
    return low
