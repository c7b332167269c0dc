"""AWS CDK constructs for event-driven systems, each with the runtime code that keeps its promise.

The names below are loaded on first use, so that `import constructs_lib.runtime...` inside a Lambda function
never imports aws_cdk (PEP 562).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from constructs_lib.custom_resource import IdempotentProvider
    from constructs_lib.delayed_check import DelayedCheck, Experiment
    from constructs_lib.flow_control import (
        Downstream,
        FlowControlChecks,
        FlowControlledQueue,
        FlowStrategy,
        LoadProfile,
    )

__all__ = [
    "DelayedCheck",
    "Downstream",
    "Experiment",
    "FlowControlChecks",
    "FlowControlledQueue",
    "FlowStrategy",
    "IdempotentProvider",
    "LoadProfile",
]

_HOME = {
    "DelayedCheck": "constructs_lib.delayed_check",
    "Experiment": "constructs_lib.delayed_check",
    "Downstream": "constructs_lib.flow_control",
    "FlowControlChecks": "constructs_lib.flow_control",
    "FlowControlledQueue": "constructs_lib.flow_control",
    "LoadProfile": "constructs_lib.flow_control",
    "FlowStrategy": "constructs_lib.flow_control",
    "IdempotentProvider": "constructs_lib.custom_resource",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a module attribute may be anything
    if name not in _HOME:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
