"""Runs a function's own handler, and lets it die where the orders say (local/kill_switch)."""

import importlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

Handler = Callable[[Any, Any], Any]
_LIBRARY = "constructs_lib.runtime.custom_resource"


def die_after(step: str, resource: str) -> None:
    """Die, if that is ordered for this resource and step; each order is carried out once."""
    for order in sorted(Path(os.environ["DEMO_KILL_ORDERS"]).glob(f"{resource}.{step}.*")):
        try:
            order.unlink()  # whoever removes the order carries it out
        except FileNotFoundError:
            continue
        print(f"killed after {step} of {resource}", flush=True)  # noqa: T201 - a function's log
        os._exit(1)


def _plain(own: Handler) -> Handler:
    """A handler that dies before or after its work: it claims nothing, commits nothing, and another one answers."""

    def handler(event: Any, context: Any) -> Any:  # noqa: ANN401 - as Lambda gives and takes it
        resource = event["LogicalResourceId"]
        die_after("claim", resource)
        result = own(event, context)
        die_after("create", resource)
        return result

    return handler


def watch(performer: type) -> None:
    """Let what performs the library's steps die after them."""
    perform: Callable[[Any, Any], Any] = vars(performer)["__call__"]

    def watched(self: Any, step: Any) -> Any:  # noqa: ANN401 - the library's own, which this file may run without
        resource = self._request.logical_id
        done: set[str] = self.__dict__.setdefault("_done", set())
        kind = type(step).__name__
        if kind == "Call":
            done.add("calling")
        elif kind == "Write" and "calling" in done:
            die_after("create", resource)  # the author has what it was to make, and nobody else knows yet
        answer = perform(self, step)
        if kind == "Call":
            done.discard("calling")
            done.add("called")
            die_after(step.method, resource)
        elif kind == "Put":
            done.add("put")
            die_after("respond", resource)
        elif kind == "Write" and answer.won:
            die_after(_written(done), resource)
        return answer

    type.__setattr__(performer, "__call__", watched)


def _written(done: set[str]) -> str:
    """Which step of the protocol a write was, by what was done before."""
    if "calling" in done:
        return "checkpoint"
    if "put" in done:
        return "acknowledge"
    if "called" in done:
        return "commit"
    return "claim"


def _handler() -> Handler:
    module, _, name = os.environ["DEMO_HANDLER"].rpartition(".")
    found: Handler = getattr(importlib.import_module(module), name)
    if not module.startswith(_LIBRARY):
        return _plain(found)
    watch(importlib.import_module(f"{_LIBRARY}.performer").Performer)
    return found


if "DEMO_HANDLER" in os.environ:
    handler = _handler()
