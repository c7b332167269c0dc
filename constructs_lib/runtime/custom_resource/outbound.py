"""What leaves the function besides the record: the answer to CloudFormation, and the start of long work's polling."""

import json
import logging
import os
import time
from collections.abc import Callable
from hashlib import sha256
from math import ceil
from typing import Any

from constructs_lib.runtime.custom_resource.contract import NEXT_IN, TICK
from constructs_lib.runtime.custom_resource.errors import StartFailed
from constructs_lib.runtime.custom_resource.log import NAME
from constructs_lib.runtime.custom_resource.steps import Answer, Start

_TRIES = 8
#: Seconds; the first pause is up to this long, each later one up to twice as long as the one before.
_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 8.0
#: Seconds that one try may take.
_LONGEST_TRY = 5.0

_SUCCESS, _REDIRECTION, _CLIENT_ERROR, _SERVER_ERROR = 200, 300, 400, 500
#: Request Timeout and Too Many Requests: they tell nothing about the URL.
_PASSING = (408, 429)

_LOGGER = logging.getLogger(NAME)


def _random() -> float:
    # Not the random module: its seed is frozen into a SnapStart snapshot, and all functions would wait equally long.
    return int.from_bytes(os.urandom(4)) / 2**32


class Outbound:
    """The real thing. Its client is made at its first use and kept.

    Args:
        sleep: Waits so many seconds.
        clock: Seconds, of a clock that is never set back.
        random: Gives a number in [0, 1).
    """

    def __init__(
        self,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        random: Callable[[], float] = _random,
    ) -> None:
        self._sleep = sleep
        self._clock = clock
        self._random = random
        self._clients: dict[str, Any] = {}

    def put(self, url: str, body: str, *, seconds: float) -> Answer:
        """Answer CloudFormation; tried again while time is left, unless the URL itself is refused.

        Args:
            url: A ResponseURL that was checked.
            body: The committed answer.
            seconds: How long that may take.
        """
        deadline = self._clock() + seconds
        for number in range(_TRIES):
            left = deadline - self._clock()
            if left <= 0:
                break
            what, answer = _try_to_put(url, body.encode(), timeout=min(left, _LONGEST_TRY))
            if answer is not Answer.FAILED:
                if answer is Answer.REFUSED:
                    _LOGGER.warning("CloudFormation refused the answer for good: %s", what)
                return answer
            pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**number) * self._random()
            _LOGGER.warning("CloudFormation did not take the answer in try %d of %d: %s", number + 1, _TRIES, what)
            if number + 1 == _TRIES or self._clock() + pause >= deadline:
                break
            self._sleep(pause)
        return Answer.FAILED

    def start(self, start: Start, *, state_machine_arn: str, function_arn: str) -> None:
        """Start the loop that polls a request's long work; one that is or was started already stays as it is.

        Args:
            start: For what.
            state_machine_arn: The loop.
            function_arn: The function that it calls: this one.

        Raises:
            StartFailed: Step Functions did not answer, throttled, or refused.
        """
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - few requests need it, and slow

        content = {
            "function": function_arn,
            TICK: {"pk": start.key, "request_id": start.request_id},
            # A state machine waits whole seconds only.
            NEXT_IN: ceil(start.next_in),
        }
        try:
            self._step_functions(state_machine_arn).start_execution(
                stateMachineArn=state_machine_arn, name=execution_name(start), input=json.dumps(content)
            )
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "an unnamed error")
            if code == "ExecutionAlreadyExists":
                return
            message = error.response.get("Error", {}).get("Message", "")
            raise StartFailed(f"{state_machine_arn} could not be started: {code}: {message}") from None
        except BotoCoreError as error:
            raise StartFailed(f"{state_machine_arn} could not be started: {type(error).__name__}") from None

    def _step_functions(self, state_machine_arn: str) -> Any:  # noqa: ANN401 - botocore makes the class at run time
        region = state_machine_arn.split(":")[3]
        if region not in self._clients:
            from constructs_lib.runtime._shared.client import make_client  # noqa: PLC0415 - as above

            self._clients[region] = make_client("stepfunctions", region=region, read_timeout=3)
        return self._clients[region]


def execution_name(start: Start) -> str:
    """The execution's name: the same for each delivery of a request, another for each attempt at it."""
    return sha256(f"{start.key}|{start.request_id}|{start.attempt}".encode()).hexdigest()


def _try_to_put(url: str, body: bytes, *, timeout: float) -> tuple[str, Answer]:
    """What happened, for people and without the URL; and what it means."""
    from http.client import HTTPException  # noqa: PLC0415 - slow, and not every event is answered

    from constructs_lib.runtime.custom_resource import https  # noqa: PLC0415 - as above

    try:
        status = https.put(url, body, timeout=timeout)
    except (OSError, HTTPException, ValueError) as error:
        return _described(error), Answer.FAILED
    return f"HTTP {status}", answer_of(status)


def answer_of(status: int) -> Answer:
    """What an HTTP status says of the answer that was PUT."""
    if _SUCCESS <= status < _REDIRECTION:
        return Answer.DELIVERED
    is_final = _CLIENT_ERROR <= status < _SERVER_ERROR and status not in _PASSING
    return Answer.REFUSED if is_final else Answer.FAILED


def _described(error: Exception) -> str:
    """What went wrong, without the URL."""
    from constructs_lib.runtime.custom_resource.redact import without_addresses  # noqa: PLC0415 - failures are rare

    wrapped: object = getattr(error, "reason", None)
    cause = wrapped if isinstance(wrapped, OSError) else error  # URLError wraps what happened
    # Other errors quote the URL.
    text = without_addresses(cause.strerror or str(cause)) if isinstance(cause, OSError) else ""
    return f"{type(cause).__name__}: {text}" if text else type(cause).__name__
