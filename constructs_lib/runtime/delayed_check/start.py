"""The handler of the library's own function `start`: an order was placed, so look at it when it is due."""

from constructs_lib.runtime.delayed_check import protocol
from constructs_lib.runtime.delayed_check.case import Case
from constructs_lib.runtime.delayed_check.check_handler import CheckHandler
from constructs_lib.runtime.delayed_check.contract import Settings
from constructs_lib.runtime.delayed_check.messages import read_start
from constructs_lib.runtime.delayed_check.queue_handler import Job, MessageClock, QueueHandler, new_nonce
from constructs_lib.runtime.delayed_check.timing import parse_placed_at
from constructs_lib.runtime.delayed_check.transitions import Order
from constructs_lib.runtime.flow_control.message import Message


def job_of(message: Message, settings: Settings, clock: MessageClock) -> Job:
    """What a message of the start queue asks for.

    Raises:
        InvalidInput: It is no start.
    """
    unit, said = read_start(message.body)
    now = clock.now()
    order = Order.placed(unit, parse_placed_at(said, now=now), settings)
    case = Case(order=order, settings=settings, clock=clock, nonce=new_nonce(), message_id=message.id)
    # No step of a start asks the author.
    steps = protocol.start(order, settings, now=now, message_id=message.id)
    return Job(steps=steps, case=case, author=CheckHandler())


handler = QueueHandler(job_of)
