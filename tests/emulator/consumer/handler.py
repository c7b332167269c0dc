"""A consumer that posts each message to the courier that the message names, and does as the courier says."""

import os
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from constructs_lib.runtime.flow_control import Message, PermanentError, flow_controlled


@flow_controlled
def handler(message: Message) -> None:
    """Deliver one message."""
    if "refuse" in message.body:
        raise PermanentError(message.body["refuse"])
    request = Request(  # noqa: S310 - the test's own courier
        message.body["url"],
        method="POST",
        headers={"Idempotency-Key": message.correlation_id, "Attempt": str(message.attempt)},
    )
    try:
        with urlopen(request, timeout=message.timeout) as answer:  # noqa: S310 - as above
            status, headers = answer.status, answer.headers
    except HTTPError as error:
        status, headers = error.code, error.headers
    if headers.get("Then") == "die":
        # The call is made, and the worker dies before it can say so.
        os._exit(1)
    message.check(status, headers)
