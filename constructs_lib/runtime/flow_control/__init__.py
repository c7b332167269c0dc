"""The consumer's side of a FlowControlledQueue: what its Lambda function imports.

Example:
    from constructs_lib.runtime.flow_control import Message, flow_controlled

    @flow_controlled
    def handler(message: Message) -> None:
        answer = post(URL, message.body, timeout=message.timeout)
        message.check(answer.status, answer.headers)
"""

from constructs_lib.runtime.flow_control.errors import PermanentError, RetryLater
from constructs_lib.runtime.flow_control.handler import flow_controlled
from constructs_lib.runtime.flow_control.message import Message

__all__ = ["Message", "PermanentError", "RetryLater", "flow_controlled"]
