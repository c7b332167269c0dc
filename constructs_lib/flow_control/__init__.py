"""SQS to Lambda in front of a downstream that takes R calls a second."""

from constructs_lib._findings import Finding, Level
from constructs_lib.flow_control.downstream import Downstream
from constructs_lib.flow_control.queue import FlowControlledQueue
from constructs_lib.sizing import FlowStrategy, Sizing

__all__ = ["Downstream", "Finding", "FlowControlledQueue", "FlowStrategy", "Level", "Sizing"]
