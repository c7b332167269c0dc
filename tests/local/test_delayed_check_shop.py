"""What the experiment's shop lets come again: only what an order may have had."""

from typing import Any, cast

import pytest

from constructs_lib.runtime.delayed_check.contract import ENVIRONMENT_PREFIX, Settings
from constructs_lib.runtime.delayed_check.row import State
from local.clients import Clients
from local.demo.delayed_check_plan import draw
from local.demo.delayed_check_shop import Place, Shop


class Queues:
    """What a shop asks for when it lets messages come again: a function, a row, and queues."""

    def __init__(self, state: State | None) -> None:
        row = {"unit": {"S": "order-0000"}, "state": {"S": str(state)}}
        self.row: dict[str, Any] = {} if state is None else {"Item": row}
        self.sent: list[str] = []

    def client(self, _service: str) -> "Queues":
        return self

    def get_function_configuration(self, **_name: str) -> dict[str, Any]:
        settings = Settings(check="one", table_name="t", check_queue_arn="a:check", contact_queue_arn="a:contact")
        return {"Environment": {"Variables": {f"{ENVIRONMENT_PREFIX}12345678": settings.to_json()}}}

    def get_item(self, **_key: Any) -> dict[str, Any]:  # noqa: ANN401 - as boto3's
        return self.row

    def get_queue_url(self, **name: str) -> dict[str, str]:
        return {"QueueUrl": name["QueueName"]}

    def send_message(self, **message: Any) -> None:  # noqa: ANN401 - as boto3's
        self.sent.append(message["QueueUrl"])


@pytest.mark.parametrize(
    ("state", "again"),
    [
        (None, []),
        (State.SCHEDULED, ["check"]),
        (State.DECIDED, ["check", "contact"]),
        (State.CONTROL, ["check", "contact"]),
        (State.NOT_ELIGIBLE, ["check", "contact"]),
    ],
)
def test_only_the_messages_come_again_that_an_order_may_have_had(state: State | None, again: list[str]) -> None:
    queues = Queues(state)
    place = Place(api="", orders_table="", function="", orders_function="")
    shop = Shop(cast("Clients", queues), place, draw(1))
    shop.placed_at["order-0000"] = 100.0

    shop.deliver_again("order-0000")

    assert queues.sent == again
