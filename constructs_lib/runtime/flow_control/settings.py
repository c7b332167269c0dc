"""Which settings apply to a queue's records: those that the construct put into the function's environment."""

from collections.abc import Mapping
from functools import lru_cache

from constructs_lib.runtime.flow_control.contract import ENVIRONMENT_PREFIX, Settings

#: Lambda sets it in every function; an author's unit test does not.
_INSIDE_LAMBDA = "AWS_LAMBDA_FUNCTION_NAME"


class SettingsError(Exception):
    """The function's environment does not say how to handle the queue's messages."""


def settings_for(queue_arn: str, environ: Mapping[str, str]) -> Settings | None:
    """The settings of a queue; None outside Lambda when there are none.

    Raises:
        SettingsError: Inside Lambda, there are none for this queue; or a variable cannot be read.
    """
    known = {}
    for name in environ:
        if name.startswith(ENVIRONMENT_PREFIX):
            settings = _parse(name, environ[name])
            known[settings.queue_arn] = settings
    if queue_arn in known:
        return known[queue_arn]
    if _INSIDE_LAMBDA not in environ:
        return None
    # Raised, not reported as failures: where the mapping lacks ReportBatchItemFailures, a report deletes the messages.
    msg = (
        f"no settings for the queue {queue_arn!r} in the environment of the function {environ[_INSIDE_LAMBDA]!r} "
        f"(it has {sorted(known) or 'none'}): connect the queue with FlowControlledQueue, or set the variables of "
        "flow.environment on the function"
    )
    raise SettingsError(msg)


@lru_cache(maxsize=64)
def _parse(name: str, value: str) -> Settings:
    try:
        settings = Settings.from_json(value)
        _check(settings)
    except (TypeError, ValueError) as error:
        msg = (
            f"the environment variable {name} cannot be read ({error}): deploy the function again with "
            "FlowControlledQueue and the constructs_lib of the same version, and do not edit the variable by hand"
        )
        raise SettingsError(msg) from error
    return settings


def _check(settings: Settings) -> None:
    # The declared types are only a promise: the text may come from another version, or from a hand.
    arns: list[object] = [settings.queue_arn, settings.dead_letter_queue_arn or ""]
    if not all(isinstance(arn, str) for arn in arns):
        msg = f"queues must be named by their ARNs (got {arns})"
        raise TypeError(msg)
    optional = [
        number
        for number in (settings.call_timeout, settings.call_budget, settings.max_receive_count)
        if number is not None
    ]
    numbers: list[object] = [settings.pace, settings.backoff_cap, *optional]
    if not all(isinstance(number, int | float) and number >= 0 for number in numbers):
        msg = f"times and counts must be numbers, 0 or more (got {numbers})"
        raise ValueError(msg)
