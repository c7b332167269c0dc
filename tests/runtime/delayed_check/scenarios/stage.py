"""What a scenario plays on: a shop with its provider, and a check in virtual time on a table in memory or DynamoDB."""

from collections.abc import Callable
from typing import Any

from constructs_lib.runtime._shared.change import Item
from constructs_lib.runtime.delayed_check import CheckHandler
from constructs_lib.runtime.delayed_check.row import Row, key_of
from constructs_lib.runtime.delayed_check.testing import CheckRunner
from tests.runtime._shared.scenarios import Scenario, Scenarios
from tests.runtime.delayed_check.shop import Shop, is_told, order_check

__all__ = ["ORDER", "Scenario", "Scenarios", "Stage"]

ORDER = "order-1"

#: Puts a runner's table where it is to be, and says where one row is read from.
Connect = Callable[[CheckRunner], None]


class Stage:
    """One scenario's world.

    Args:
        connect: Puts the table of a check where it is to be. Default: it stays in memory.

    Attributes:
        shop: The orders, and the provider's ledger.
        tokens: What `contact` was given, by order.
    """

    runner: CheckRunner

    def __init__(self, connect: Connect = lambda _: None) -> None:
        self.shop = Shop()
        self.tokens: dict[str, str] = {}
        self._connect = connect

    def play(self, methods: dict[str, Any] | None = None, **settings: Any) -> CheckRunner:  # noqa: ANN401 - the runner's
        """A check of the shop's orders, with other methods where they are given."""
        tokens, base = self.tokens, order_check(self.shop)

        class Check(base):  # type: ignore[misc, valid-type] # made by a function
            def contact(self, ctx: Any, unit: str, arm: str | None, token: str) -> Any:  # noqa: ANN401
                tokens[unit] = token
                return super().contact(ctx, unit, arm, token)

        return self.serve(type("Check", (Check,), dict(methods or {})), **settings)

    def serve(self, author: type[CheckHandler], **settings: Any) -> CheckRunner:  # noqa: ANN401 - the runner's
        """A check by an author's class."""
        self.runner = CheckRunner(author, **settings)
        self._connect(self.runner)
        return self.runner

    def row(self, unit: str = ORDER) -> Row:
        """An order's row."""
        return self.runner.orders[unit]

    @property
    def story(self) -> tuple[str, int]:
        """What the one order came to, and how often it was contacted, once all is published that is to be."""
        assert is_told(self.runner)
        return str(self.row().state), len(self.shop.calls)

    def put(self, item: Item) -> None:
        """Set a row, past the protocol."""
        self.runner.table.records[item["pk"]] = item

    def forget(self, unit: str = ORDER) -> None:
        """Remove a row, as DynamoDB does when its time to live is over."""
        del self.runner.table.records[key_of("check", unit)]

    def outlive(self, seconds: float) -> None:
        """Let an author's method take so long that its invocation should have ended, which it does not."""
        invocation = self.runner.clock.current
        assert invocation is not None
        invocation.deadline += seconds
        self.runner.clock.sleep(seconds)
