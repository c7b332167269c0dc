"""Why an event stays unanswered for now. Lambda then delivers it again, twice, and the on-failure path after that.

Exception
└── Unanswered              raised by the handler, so that Lambda retries
    ├── OutOfTime           somebody else holds the request, and this run is too short to wait for it
    ├── NotDelivered        the answer is committed, and CloudFormation could not be reached
    ├── TableUnavailable    the table could not be read or written (shared with the other slices)
    ├── StartFailed         the polling of long work could not be started
    └── NotOurs             a batch of a queue or a stream, whose messages would be lost if the handler returned
"""

from constructs_lib.runtime._shared.errors import Unanswered


class OutOfTime(Unanswered):
    """Another invocation holds the request, and too little time is left to take it over after that one's lease."""


class NotDelivered(Unanswered):
    """The answer is committed but could not be sent; the next invocation sends the same."""


class StartFailed(Unanswered):
    """Step Functions did not start the execution that polls."""


class NotOurs(Unanswered):
    """The event is a batch of a queue or a stream: who returns from it has processed it."""
