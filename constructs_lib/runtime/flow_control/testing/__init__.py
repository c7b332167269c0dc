"""A kit to test a flow-controlled handler: the real handler on a queue in memory, in virtual time.

>>> from constructs_lib.runtime.flow_control import RetryLater, flow_controlled
>>> from constructs_lib.runtime.flow_control.testing import FlowRunner
>>> @flow_controlled
... def handler(message):
...     if message.attempt == 1:
...         raise RetryLater(after=30, throttled=True)
>>> runner = FlowRunner(handler)
>>> order = runner.send({"order_id": 1})
>>> runner.run()
>>> runner.delivered, runner.attempts[order], runner.waits[order][0] >= 30
([{'order_id': 1}], 2, True)
"""

from constructs_lib.runtime.flow_control.testing.clock import FakeClock, FakeContext
from constructs_lib.runtime.flow_control.testing.queue import DeadLetter, MemoryQueue
from constructs_lib.runtime.flow_control.testing.records import (
    eventbridge_event,
    queue_arn,
    sns_notification,
    sqs_event,
    sqs_record,
)
from constructs_lib.runtime.flow_control.testing.runner import FlowRunner

__all__ = [
    "DeadLetter",
    "FakeClock",
    "FakeContext",
    "FlowRunner",
    "MemoryQueue",
    "eventbridge_event",
    "queue_arn",
    "sns_notification",
    "sqs_event",
    "sqs_record",
]
