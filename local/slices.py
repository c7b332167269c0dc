"""The experiments, one a slice: how each runs, and how its result is shown and written."""

import argparse
import json
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, NamedTuple

from rich.console import Console

from local.demo import custom_resource, delayed_check, flow_control
from local.emulator import Emulator
from local.report.custom_resource import graphs as custom_resource_graphs
from local.report.custom_resource import page as custom_resource_page
from local.report.custom_resource import terminal as custom_resource_terminal
from local.report.custom_resource.experiment import Experiment as CustomResourceExperiment
from local.report.delayed_check import graphs as delayed_check_graphs
from local.report.delayed_check import page as delayed_check_page
from local.report.delayed_check import terminal as delayed_check_terminal
from local.report.delayed_check.experiment import Experiment as DelayedCheckExperiment
from local.report.flow_control import graphs as flow_control_graphs
from local.report.flow_control import page as flow_control_page
from local.report.flow_control import terminal as flow_control_terminal
from local.report.flow_control.experiment import Experiment as FlowControlExperiment


class Slice(NamedTuple):
    """An experiment. Give the fields by name.

    Attributes:
        async_retry: Seconds before Lambda first retries a failed asynchronous invocation.
        file: What its files are called, without the suffix.
        run: Runs it; what is entered into the stack lives as long as the emulator. Its result has `to_json()`.
        read: Reads a result back.
        show: Prints a result.
        page: A result's HTML page.
        picture: A result's picture, as SVG.
    """

    async_retry: float
    file: str
    run: Callable[[Emulator, Console, ExitStack, argparse.Namespace], Any]
    read: Callable[[str], Any]
    show: Callable[[Any, Console], None]
    page: Callable[[Any], str]
    picture: Callable[[Any], str]


def _flow_control(emulator: Emulator, console: Console, _life: ExitStack, options: argparse.Namespace) -> object:
    return flow_control.run(emulator, console, quick=options.quick)


def _custom_resource(emulator: Emulator, console: Console, life: ExitStack, options: argparse.Namespace) -> object:
    return custom_resource.run(emulator, console, life, quick=options.quick, kill_after=options.kill_after)


def _delayed_check(emulator: Emulator, console: Console, life: ExitStack, options: argparse.Namespace) -> object:
    return delayed_check.run(emulator, console, life, quick=options.quick)


SLICES = {
    "flow_control": Slice(
        async_retry=flow_control.ASYNC_RETRY,
        file="demo",
        run=_flow_control,
        read=FlowControlExperiment.from_json,
        show=flow_control_terminal.show,
        page=flow_control_page.page,
        picture=flow_control_graphs.picture,
    ),
    "custom_resource": Slice(
        async_retry=custom_resource.ASYNC_RETRY,
        file="custom_resource",
        run=_custom_resource,
        read=CustomResourceExperiment.from_json,
        show=custom_resource_terminal.show,
        page=custom_resource_page.page,
        picture=custom_resource_graphs.picture,
    ),
    "delayed_check": Slice(
        async_retry=delayed_check.ASYNC_RETRY,
        file="delayed_check",
        run=_delayed_check,
        read=DelayedCheckExperiment.from_json,
        show=delayed_check_terminal.show,
        page=delayed_check_page.page,
        picture=delayed_check_graphs.picture,
    ),
}


def slice_of(text: str) -> Slice:
    """The slice whose result a JSON text is.

    Raises:
        ValueError: It is none.
    """
    content = json.loads(text)
    name = content.get("experiment") if isinstance(content, dict) else None
    if name not in SLICES:
        raise ValueError(f"not the result of an experiment, which are {', '.join(SLICES)}")
    return SLICES[name]
