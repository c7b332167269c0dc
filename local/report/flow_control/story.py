"""The story of one order: every log line with its correlation id, whoever wrote it."""

from collections import Counter
from collections.abc import Iterable, Sequence

from local.load import Sent
from local.logs import Journal, Line
from local.measure import Run
from local.report.flow_control.experiment import Moment

#: Fields worth a reader's time, in this order.
_FIELDS = ("http_status", "duration", "outcome", "attempt", "delay", "reason", "error_code")
_LONGEST = 110


def most_eventful(run: Run) -> int:
    """The number of the order with the most calls; of those, the one that was sent first."""
    calls = Counter(call.order_id for call in run.calls)
    ordered = sorted(run.sent, key=lambda sent: (-calls[sent.order_id], sent.number))
    return ordered[0].number if ordered else 0


def story(journals: Iterable[Journal], sent: Sent) -> list[Moment]:
    """What happened to one order, in order."""
    lines = [line for journal in journals for line in journal.lines if _is_about(line, sent)]
    return [
        Moment(seconds=line.at - sent.sent_at, service=line.service, what=_what(line))
        for line in sorted(lines, key=lambda line: line.at)
    ]


def find(sent: Sequence[Sent], number: int) -> Sent | None:
    """The order with that number."""
    return next((one for one in sent if one.number == number), None)


def _is_about(line: Line, sent: Sent) -> bool:
    return bool(sent.correlation_id) and line.correlation_id == sent.correlation_id


def _what(line: Line) -> str:
    status = line.fields.get("status")
    message = str(line.fields["message"])
    # The library's message repeats its status, and then the message id and the reason, which are fields.
    begins = "" if not status else f"{status}" if message.startswith(str(status)) else f"{status} · {message}"
    details = [f"{name} {_value(line.fields[name])}" for name in _FIELDS if line.fields.get(name) is not None]
    text = " · ".join(filter(None, [begins or message, ", ".join(details)]))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _value(value: object) -> str:
    return f"{value:.2f} s" if isinstance(value, float) else str(value)
