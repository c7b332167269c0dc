"""What the custom-resource experiment adds to a deployment, and the times that hold on a laptop."""

import os
from typing import NamedTuple, Self

from local.kill_switch import ORDERS

#: The environment variable of the synthesis that names the recorder's host:port.
RECORDER = "DEMO_RECORDER"
#: The provider whose calls of DynamoDB go through the recorder, which counts them: that takes time, so it is not the
#: one that the load is for.
COUNTED = "Q"
#: Seconds that CloudFormation waits for the example's plain handler on a laptop, without the experiment.
LONGEST_WAIT = 300
#: Seconds that a function which calls the vendor may run in the experiment.
FUNCTION_TIMEOUT = 8
#: Seconds after a killed function's deadline in which its request is left alone in the experiment.
GRACE = 1.0
#: Seconds that CloudFormation waits for a custom resource in the experiment.
SERVICE_TIMEOUT = 40


class Rigging(NamedTuple):
    """Where the experiment's parts are. Give the fields by name.

    Attributes:
        recorder: The host:port behind ResponseURL.
        orders: The folder that says which function is to die.
    """

    recorder: str
    orders: str

    @classmethod
    def of_environment(cls) -> Self | None:
        """As the demo tells it; None in any other deployment."""
        recorder, orders = os.environ.get(RECORDER), os.environ.get(ORDERS)
        return cls(recorder=recorder, orders=orders) if recorder and orders else None

    def to_environment(self) -> dict[str, str]:
        """What the synthesis must find in its environment."""
        return {RECORDER: self.recorder, ORDERS: self.orders}
