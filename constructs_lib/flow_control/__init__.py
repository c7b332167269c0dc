"""SQS to Lambda in front of a downstream that takes R calls a second.

The names below are loaded on first use (PEP 562): the checks of templates and the rules need no aws_cdk, and do not
wait for it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from constructs_lib._findings import Finding, Level
    from constructs_lib.flow_control.checks.plugin import FlowControlChecks
    from constructs_lib.flow_control.downstream import Downstream
    from constructs_lib.flow_control.load import LoadProfile
    from constructs_lib.flow_control.queue import FlowControlledQueue
    from constructs_lib.sizing import FlowStrategy, Sizing

__all__ = [
    "Downstream",
    "Finding",
    "FlowControlChecks",
    "FlowControlledQueue",
    "FlowStrategy",
    "Level",
    "LoadProfile",
    "Sizing",
]

_HOME = {
    "Downstream": "constructs_lib.flow_control.downstream",
    "Finding": "constructs_lib._findings",
    "FlowControlChecks": "constructs_lib.flow_control.checks.plugin",
    "FlowControlledQueue": "constructs_lib.flow_control.queue",
    "FlowStrategy": "constructs_lib.sizing",
    "Level": "constructs_lib._findings",
    "LoadProfile": "constructs_lib.flow_control.load",
    "Sizing": "constructs_lib.sizing",
}


# The same stands in the package above, which travels into every function and so imports nothing of ours.
def __getattr__(name: str) -> Any:  # noqa: ANN401 - a module attribute may be anything
    if name not in _HOME:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
