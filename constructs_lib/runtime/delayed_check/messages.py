"""The bodies of the three queues' messages: what the library writes, and what it accepts. Pure."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from constructs_lib.runtime.delayed_check.errors import InvalidInput
from constructs_lib.runtime.delayed_check.transitions import Order

CHECK, CONTACT = "check", "contact"

#: Characters of an order's id: it is part of a key, and a construct's name beside it.
LONGEST_UNIT = 256
_LONGEST_OUTCOME = 64
_TIMES = ("placed_at", "due_at", "deadline_at")


class CheckMessage(NamedTuple):
    """An order waits to be looked at; `hops` counts how often it came too early."""

    order: Order
    hops: int = 0


class ContactMessage(NamedTuple):
    """An order is to be contacted."""

    order: Order
    arm: str | None


def check_body(order: Order, *, hops: int = 0) -> dict[str, Any]:
    """The body of a message that waits to be looked at."""
    return {"kind": CHECK, **order._asdict(), "hops": hops}


def contact_body(order: Order, *, arm: str | None) -> dict[str, Any]:
    """The body of a message that asks for a contact. Whom to call, and where, is not in it."""
    return {"kind": CONTACT, **order._asdict(), "arm": arm}


def start_body(unit: str, placed_at: str) -> dict[str, Any]:
    """The body of a message that starts a check; an event rule makes the same."""
    return {"unit": unit, "placed_at": placed_at}


def read_start(body: object) -> tuple[str, object]:
    """Order and time of a start; the time is not looked at yet.

    Raises:
        InvalidInput: It is no start.
    """
    if not isinstance(body, Mapping):
        raise InvalidInput(f"a start must be a JSON object with unit and placed_at, got {type(body).__name__}")
    return read_unit(body.get("unit")), body.get("placed_at")


def read_message(body: object) -> CheckMessage | ContactMessage:
    """A check or a contact.

    Raises:
        InvalidInput: It is neither: not this library's, or of another version.
    """
    kind = body.get("kind") if isinstance(body, Mapping) else None
    if not isinstance(body, Mapping) or kind not in (CHECK, CONTACT):
        msg = (
            f"the message's kind must be {CHECK!r} or {CONTACT!r}, got {kind!r}: these queues are for the "
            "library's own messages; start a check with start_check or an event rule"
        )
        raise InvalidInput(msg)
    if bad := [name for name in _TIMES if not isinstance(body.get(name), int) or isinstance(body[name], bool)]:
        raise InvalidInput(f"{bad[0]} of a message must be milliseconds since the epoch, got {body.get(bad[0])!r}")
    order = Order(read_unit(body.get("unit")), *(body[name] for name in _TIMES))
    if kind == CHECK:
        hops = body.get("hops", 0)
        return CheckMessage(order, hops if isinstance(hops, int) else 0)
    arm = body.get("arm")
    return ContactMessage(order, arm if isinstance(arm, str) else None)


def read_unit(value: object) -> str:
    """The id of an order, a number as text.

    Raises:
        InvalidInput: It is none.
    """
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST_UNIT or not text.isprintable():
        shown = f"one of {len(text)} characters" if isinstance(text, str) and len(text) > LONGEST_UNIT else repr(value)
        msg = (
            f"unit must be the order's id, a text of 1 to {LONGEST_UNIT} printable characters or a whole number, got "
            f"{shown}: send the id by which your is_settled and contact find the order"
        )
        raise InvalidInput(msg)
    return text


def read_outcome(value: object) -> str:
    """What a provider says came of a contact.

    Raises:
        InvalidInput: It is no name of an outcome.
    """
    if (
        not isinstance(value, str)
        or not 1 <= len(value) <= _LONGEST_OUTCOME
        or not value.isascii()
        or not value.replace("_", "").replace("-", "").isalnum()
    ):
        msg = (
            f"outcome must be a name of 1 to {_LONGEST_OUTCOME} ASCII letters, digits, hyphens and underscores, such "
            f"as answered, no_answer or failed, got {value!r}: it is published, so give no number and no free text"
        )
        raise InvalidInput(msg)
    return value
