"""Starts the emulator so that CloudFormation's calls of custom resources are what they are on AWS: asynchronous.

    python start.py [the emulator's arguments]       run by the Python that has the emulator, not by ours

By itself the emulator calls a custom resource's function synchronously and once. On AWS, CloudFormation invokes it
asynchronously: Lambda queues the event, tries a failed invocation twice more, and then sends it to the on-failure
destination; when that is a function, it is invoked asynchronously too. Nothing else of the emulator is changed.

Every event is also appended to the file that CUSTOM_RESOURCE_EVENTS names, one JSON object a line: deliveries can then
be repeated as Lambda repeats them.
"""

import importlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

#: The file that gets the events; without it they are not kept.
EVENTS = "CUSTOM_RESOURCE_EVENTS"

_LAMBDA = "ministack.services.lambda_svc"
_CUSTOM_RESOURCES = "ministack.services.cloudformation.custom_resource"

#: What a record of a failed event consists of.
_FAILURE = {"requestContext", "requestPayload", "responseContext", "responsePayload"}


class Changed(Exception):
    """The emulator is another version than the one that this file was written for."""


def make_asynchronous(
    lambdas: ModuleType, custom_resources: ModuleType, keep: Callable[[dict[str, Any]], None]
) -> None:
    """Let CloudFormation's calls go through Lambda's queue for asynchronous invocations.

    Args:
        lambdas: The emulator's Lambda service.
        custom_resources: Its CloudFormation's part that calls custom resources.
        keep: Is given each event before it is sent.

    Raises:
        Changed: A function that this replaces is not there.
    """
    call = _function(lambdas, "_execute_function_with_config_scope")
    call_later = _function(lambdas, "invoke_async_with_retry")
    invoke = _function(custom_resources, "invoke_custom_resource")
    # CloudFormation's part runs each call in a thread, in which this says whose call it is.
    caller = threading.local()

    def called(function: dict[str, Any], event: dict[str, Any]) -> Any:  # noqa: ANN401 - the emulator's own
        if getattr(caller, "is_cloudformation", False):
            keep(event)
        elif not _is_failure(event):
            return call(function, event)
        call_later(function, event)
        return {}

    def invoked(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - the emulator's own
        caller.is_cloudformation = True
        try:
            return invoke(*args, **kwargs)
        finally:
            caller.is_cloudformation = False

    vars(lambdas)["_execute_function_with_config_scope"] = called
    vars(custom_resources)["invoke_custom_resource"] = invoked


def _is_failure(event: object) -> bool:
    """Whether this is what an on-failure destination gets."""
    return isinstance(event, dict) and event.keys() == _FAILURE


def _function(module: ModuleType, name: str) -> Callable[..., Any]:
    found = getattr(module, name, None)
    if not callable(found):
        raise Changed(
            f"{module.__name__} has no {name}: this is another version of the emulator than the one that "
            f"{Path(__file__).name} was written for; install the one in constraints/emulator.txt"
        )
    return found  # type: ignore[no-any-return]


def keeper(file: str | None) -> Callable[[dict[str, Any]], None]:
    """What appends events to a file; to none when there is no name."""
    if not file:
        return lambda _event: None
    lock, path = threading.Lock(), Path(file)

    def keep(event: dict[str, Any]) -> None:
        with lock, path.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps({"at": time.time(), "event": event}) + "\n")

    return keep


def main() -> None:
    """Change the emulator, then run it as its own command does."""
    try:
        make_asynchronous(
            importlib.import_module(_LAMBDA),
            importlib.import_module(_CUSTOM_RESOURCES),
            keeper(os.environ.get(EVENTS)),
        )
    except Changed as error:
        sys.exit(str(error))
    importlib.import_module("ministack.app").main()


if __name__ == "__main__":
    main()
