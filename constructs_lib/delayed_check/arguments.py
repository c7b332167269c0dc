"""Checks of the author's arguments, and what follows from them. Times are in seconds."""

import math
import re
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_

from constructs_lib import _functions, _validate, sizing
from constructs_lib._unknown import UNKNOWN
from constructs_lib.delayed_check.experiment import Experiment
from constructs_lib.flow_control.downstream import Downstream
from constructs_lib.runtime.delayed_check import contract
from constructs_lib.runtime.delayed_check.contract import LONGEST_RETRY, PICKUP, SHORTEST_TIMEOUT

#: EventBridge Scheduler takes any time; a row that waits longer than this is surely a mistake.
_LONGEST_DEADLINE = 366 * sizing.DAY
_LONGEST_TIMEOUT = 900
_PATH = re.compile(r"\$(\.[A-Za-z0-9_-]+(\[[0-9]+\])?)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How a queue tries a message again for so many seconds, and longer.

    Attributes:
        until: The seconds.
    """

    until: float

    @property
    def receives(self) -> int:
        """How often a message may be received: until then, however fast it is refused."""
        return contract.receives(self.until)

    @property
    def backoff_cap(self) -> int:
        """The longest wait before a retry: so many of them last until then, twice over."""
        return contract.backoff_cap(self.until)

    def retention(self, backoff_cap: float, *, wait: float = 0) -> int:
        """How long a queue has to keep a message that waits, is retried until then, and a day to find out why."""
        span = sizing.retry_span(self.receives, backoff_cap)
        return int(min(sizing.MAX_RETENTION, max(sizing.DEFAULT_RETENTION, wait + span + sizing.DAY + 1)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """When what happens to an order.

    Attributes:
        delay: From when it is placed to its check.
        deadline: From when it is placed until nobody may be contacted.
        timeout: The longest that the author's function runs.
    """

    delay: float
    deadline: float
    timeout: float

    @property
    def window(self) -> float:
        """The time in which an order may be contacted."""
        return self.deadline - self.delay

    @property
    def latest(self) -> float:
        """How late may be before an alarm rings, while there is as much time left to do something."""
        return self.window / 2

    @property
    def visibility(self) -> int:
        """After how long another invocation is given the check of one that was killed."""
        return math.ceil(max(2 * self.timeout, self.timeout + 1))

    @property
    def retries(self) -> Retries:
        """Of checks and contacts, which are tried from when the order is due until its deadline."""
        return Retries(until=self.window)

    @property
    def starts(self) -> Retries:
        """Of starts, tried from when the order is placed: until its deadline, or as long as a queue can keep it."""
        return Retries(until=contract.start_retry(self.deadline))


def times(handler: lambda_.IFunction, *, delay: object, deadline: object, handler_timeout: Duration | None) -> Times:
    """Check delay and deadline.

    Raises:
        ValueError: One is not known or not positive, or too little time is left between them.
    """
    found = Times(
        delay=_validate.known_seconds("delay", delay),
        deadline=_validate.known_seconds("deadline", deadline),
        timeout=_timeout(handler, handler_timeout),
    )
    if found.deadline > _LONGEST_DEADLINE:
        msg = f"deadline must be at most {_LONGEST_DEADLINE} s, a year, got {found.deadline:g} s: mind the unit"
        raise ValueError(msg)
    if found.window > LONGEST_RETRY:
        msg = (
            f"deadline must be at most {LONGEST_RETRY:g} s, five days, after delay, because a queue keeps what is "
            f"retried until then, got {found.deadline:g} s and {found.delay:g} s; set an earlier deadline"
        )
        raise ValueError(msg)
    broken = too_late(handler.node.path, delay=found.delay, deadline=found.deadline, timeout=found.timeout)
    if broken:
        raise ValueError(broken)
    return found


def too_late(handler: str, *, delay: float, deadline: float, timeout: float) -> str | None:
    """Why a check might come after the deadline; None when it does not."""
    slack = PICKUP + 2 * timeout
    if delay + slack < deadline:
        return None
    return (
        f"deadline {deadline:g} s is not above {delay + slack:g} s: delay {delay:g} s, {PICKUP:g} s in which SQS and "
        f"Lambda pick a check up, and two runs of handler {handler} of {timeout:g} s, because the first may be killed; "
        "set a later deadline, a shorter delay, or a shorter timeout of the function"
    )


def too_short(handler: str, timeout: float) -> str | None:
    """Why a function has no time for a contact; None when it has."""
    if timeout >= SHORTEST_TIMEOUT:
        return None
    return (
        f"the timeout of handler {handler} is {timeout:g} s, and no contact is begun with so little time left; "
        f"set it to at least {SHORTEST_TIMEOUT:g} s, and to what the provider takes to answer"
    )


def check_experiment(experiment: object) -> None:
    """Refuse what is no experiment.

    Raises:
        ValueError: It is none.
    """
    if experiment is not None and not isinstance(experiment, Experiment):
        msg = (
            'experiment must be an Experiment, such as Experiment(key="call", arms={"call": 50, "control": 50}, '
            f'control="control"), got {experiment!r}'
        )
        raise ValueError(msg)


def check_rate(rate: object) -> None:
    """Refuse what does not say how many contacts the provider takes.

    Raises:
        ValueError: It is no Downstream.
    """
    if not isinstance(rate, Downstream):
        msg = f"contact_rate must be a Downstream, such as Downstream(calls_per_second=1), got {rate!r}"
        raise ValueError(msg)  # noqa: TRY004 - one kind of error for every bad argument


def workers(given: object) -> int:
    """Return how many batches of checks may be worked on at once.

    Raises:
        ValueError: It is no number that Lambda takes.
    """
    checked = _validate.whole("check_concurrency", given, minimum=sizing.MIN_CONCURRENCY)
    if checked > sizing.MAX_CONCURRENCY:
        msg = (
            f"check_concurrency must be from {sizing.MIN_CONCURRENCY} to {sizing.MAX_CONCURRENCY}, Lambda's limits, "
            f"got {checked}"
        )
        raise ValueError(msg)
    return checked


def path(name: str, given: object) -> str:
    """Return where in an event something is.

    Raises:
        ValueError: It is no path that EventBridge reads.
    """
    if not isinstance(given, str) or not _PATH.fullmatch(given):
        msg = (
            f'{name} must be a JSON path into the event, such as "$.detail.order_id" (names of letters, digits, _ and '
            f"-, each after a dot), got {given!r}"
        )
        raise ValueError(msg)
    return given


def _timeout(handler: lambda_.IFunction, given: Duration | None) -> float:
    found = _functions.timeout(handler)
    if found is UNKNOWN:
        if given is None:
            msg = (
                f"the timeout of handler {handler.node.path} cannot be seen at synth (it is a token, or the function "
                "is imported), and when a check comes at the latest depends on it: pass handler_timeout"
            )
            raise ValueError(msg)
        seconds = _validate.known_seconds("handler_timeout", given)
    elif given is not None:
        msg = (
            f"handler_timeout is for a function whose timeout cannot be seen: handler {handler.node.path} has "
            f"{found:g} s; leave it out"
        )
        raise ValueError(msg)
    else:
        seconds = found
    if seconds > _LONGEST_TIMEOUT:
        msg = f"handler_timeout must be at most {_LONGEST_TIMEOUT} s, Lambda's limit, got {seconds:g} s"
        raise ValueError(msg)
    broken = too_short(handler.node.path, seconds)
    if broken:
        raise ValueError(broken)
    return seconds
