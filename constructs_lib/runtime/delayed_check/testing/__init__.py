"""A kit to test a CheckHandler: whole days of orders in virtual time, with duplicates, kills and outages, without AWS.

The queues, Scheduler, the table, its stream and Lambda are in memory; the handlers are the real ones. The provider is
yours.

>>> from constructs_lib.runtime.delayed_check import CheckHandler
>>> from constructs_lib.runtime.delayed_check.testing import CheckRunner, Experiment
>>> delivered, called = set(), []
>>> class OrderCheck(CheckHandler):
...     def is_settled(self, ctx, unit):
...         return unit in delivered
...     def contact(self, ctx, unit, arm, token):
...         runner.clock.sleep(0.3)
...         called.append(unit)
...         return f"call-{len(called)}"
>>> half = Experiment(key="late-orders", version=1, arms={"call": 50, "control": 50}, control="control")
>>> runner = CheckRunner(OrderCheck, delay=300, deadline=600, experiment=half)
>>> runner.duplicate()
>>> runner.kill(after="contact", unit="order-1")
>>> for unit in ("order-1", "order-2", "order-3", "order-5"):
...     runner.start(unit, times=5)
>>> runner.at(200, lambda: delivered.add("order-3"))
>>> runner.run()
>>> [str(row.state) for row in runner.orders.values()]
['UNKNOWN', 'CONTROL', 'NOT_ELIGIBLE', 'DIALED']
>>> called, runner.outcome_of("order-1")["arm"], len({outcome["event_id"] for outcome in runner.outcomes})
(['order-1', 'order-5'], 'call', 4)
"""

from constructs_lib.runtime._shared.testing.killed import Killed
from constructs_lib.runtime.delayed_check.contract import Experiment
from constructs_lib.runtime.delayed_check.testing.journal import CheckJournal, CheckLogger, LogLine
from constructs_lib.runtime.delayed_check.testing.lambda_service import POINTS, SENDS, WRITES, Clock, Functions, Run
from constructs_lib.runtime.delayed_check.testing.memory_world import (
    CheckTable,
    Contacted,
    MemoryBus,
    MemoryOutbound,
    MemorySwitch,
)
from constructs_lib.runtime.delayed_check.testing.pipe import DeadLetter, Pipe
from constructs_lib.runtime.delayed_check.testing.runner import CheckRunner
from constructs_lib.runtime.delayed_check.testing.simulation import Simulation

__all__ = [
    "POINTS",
    "SENDS",
    "WRITES",
    "CheckJournal",
    "CheckLogger",
    "CheckRunner",
    "CheckTable",
    "Clock",
    "Contacted",
    "DeadLetter",
    "Experiment",
    "Functions",
    "Killed",
    "LogLine",
    "MemoryBus",
    "MemoryOutbound",
    "MemorySwitch",
    "Pipe",
    "Run",
    "Simulation",
]
