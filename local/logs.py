"""What the functions logged: fetched from CloudWatch Logs, parsed into the records that the measurement needs."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from local.clients import Clients

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

#: What FilterLogEvents returns at most.
PAGE = 10_000
#: Milliseconds read again with each look, for lines that were written while the last one was answered.
_OVERLAP = 5_000
_REPORT = re.compile(r"^REPORT RequestId: (\S+)\s+Duration: ([\d.]+) ms")
_TIMESTAMP = "%Y-%m-%d %H:%M:%S,%f%z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One HTTP call to the courier, as its caller logged it. Times in epoch seconds; status 0: no answer."""

    called_at: float
    duration: float
    status: int
    order_id: str
    correlation_id: str

    @property
    def accepted(self) -> bool:
        """Whether the courier took the order, as far as the caller knows."""
        return 200 <= self.status < 300  # noqa: PLR2004 - the class of HTTP statuses that mean success


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """One order that the courier says it took."""

    accepted_at: float
    order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """One invocation of a function, from its REPORT line."""

    began: float
    ended: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One structured log line: its own time (epoch seconds), the function's service name, and all its fields."""

    at: float
    service: str
    fields: dict[str, Any]

    @property
    def correlation_id(self) -> str:
        """The transaction it belongs to; empty when it names none."""
        return str(self.fields.get("correlation_id") or "")


@dataclass(slots=True)
class Journal:
    """Everything read from one log group, parsed.

    Attributes:
        lines: Its structured lines.
        invocations: Its functions' runs.
        metrics: The sums of the metrics that were printed, by name.
        counted: The orders (`unit`) for which each of those was printed.
    """

    lines: list[Line] = field(default_factory=list)
    invocations: list[Invocation] = field(default_factory=list)
    metrics: Counter[str] = field(default_factory=Counter)
    counted: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, message: str, *, at: float) -> None:
        """Parse one log event; the time is that of the event. What is neither JSON nor a REPORT is left out."""
        report = _REPORT.match(message)
        if report:
            self.invocations.append(Invocation(began=at - float(report[2]) / 1000, ended=at))
            return
        if not message.startswith("{"):
            return
        try:
            fields = json.loads(message)
        except ValueError:
            return
        if isinstance(fields, dict) and "_aws" in fields:
            self._count(fields)
        elif isinstance(fields, dict) and "message" in fields:
            self.lines.append(
                Line(at=_time_of(fields, otherwise=at), service=str(fields.get("service", "")), fields=fields)
            )

    def _count(self, fields: dict[str, Any]) -> None:
        """Add up a line of CloudWatch's embedded metric format."""
        for directive in fields["_aws"].get("CloudWatchMetrics", []):
            for metric in directive["Metrics"]:
                value = fields.get(metric["Name"], 0)
                self.metrics[metric["Name"]] += sum(value) if isinstance(value, list) else value
                self.counted[metric["Name"]].add(str(fields.get("unit", "")))

    @property
    def calls(self) -> list[Call]:
        """The calls to the courier, in the order of their beginning."""
        found = [
            Call(
                called_at=float(line.fields["called_at"]),
                duration=float(line.fields["duration"]),
                status=int(line.fields["http_status"]),
                order_id=str(line.fields["order_id"]),
                correlation_id=line.correlation_id,
            )
            for line in self.lines
            if line.fields["message"] == "courier call"
        ]
        return sorted(found, key=lambda call: call.called_at)

    @property
    def acceptances(self) -> list[Acceptance]:
        """The courier's own record of what it took."""
        found = [
            Acceptance(accepted_at=float(line.fields["accepted_at"]), order_id=str(line.fields["order_id"]))
            for line in self.lines
            if line.fields["message"] == "delivery" and line.fields.get("outcome") == "accepted"
        ]
        return sorted(found, key=lambda acceptance: acceptance.accepted_at)

    def orders_with(self, status: str) -> Iterable[str]:
        """The order (or else correlation) id of each line that has this `status`, as often as there are lines."""
        for line in self.lines:
            if line.fields.get("status") == status:
                yield str(line.fields.get("order_id") or line.correlation_id)


def _time_of(fields: dict[str, Any], *, otherwise: float) -> float:
    """Powertools' own timestamp: the emulator gives all lines of an invocation the time of its end."""
    try:
        return datetime.strptime(str(fields.get("timestamp")), _TIMESTAMP).timestamp()  # noqa: DTZ007 - it has %z
    except ValueError:
        return otherwise


class LogReader:
    """Reads one log group again and again, each time only what is new.

    Args:
        logs: A client of CloudWatch Logs.
        group: The group's name.
    """

    def __init__(self, logs: "CloudWatchLogsClient", group: str) -> None:
        self.journal = Journal()
        self._logs = logs
        self._group = group
        self._latest = 0
        self._seen: set[tuple[str, int, str]] = set()

    @classmethod
    def of(cls, clients: Clients, function: str) -> Self:
        """A reader of what a function logs."""
        configuration = clients.client("lambda").get_function_configuration(FunctionName=function)
        group = configuration.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{function}"
        return cls(clients.client("logs"), group)

    def read(self) -> Journal:
        """Add what was logged since the last look, and return all that is known."""
        start = max(0, self._latest - _OVERLAP)
        token: dict[str, str] = {}
        while True:
            answer: Any = self._logs.filter_log_events(
                logGroupName=self._group,
                startTime=start,
                limit=PAGE,
                **token,  # type: ignore[arg-type]
            )
            events = answer["events"]
            fresh = sum(self._add(event) for event in events)
            if answer.get("nextToken"):
                token = {"nextToken": answer["nextToken"]}
            elif len(events) >= PAGE and fresh:
                # The emulator cuts without giving a token: go on at the time of the last event.
                start, token = events[-1]["timestamp"], {}
            else:
                return self.journal

    def _add(self, event: dict[str, Any]) -> bool:
        known = (event["logStreamName"], event["timestamp"], event["message"])
        if known in self._seen:
            return False
        self._seen.add(known)
        self._latest = max(self._latest, event["timestamp"])
        self.journal.add(event["message"], at=event["timestamp"] / 1000)
        return True
