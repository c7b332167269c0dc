"""What an invocation really works on."""

from constructs_lib.runtime._shared.store import Table
from constructs_lib.runtime.delayed_check.contract import Metric
from constructs_lib.runtime.delayed_check.log import Journal
from constructs_lib.runtime.delayed_check.outbound import Outbound
from constructs_lib.runtime.delayed_check.performer import World
from constructs_lib.runtime.delayed_check.switch import Switch
from constructs_lib.runtime.flow_control.log import Logger

OUTBOUND = Outbound()

#: Counted where the row's stream is read, because no kill gets in between there.
COUNTED_BY_THE_STREAM = frozenset({Metric.UNKNOWN})


def make_world(table_name: str, logger: Logger) -> World:
    """The world of the checks whose rows are in a table; to be kept, with its clients and what it has read."""
    journal = Journal(logger, uncounted=COUNTED_BY_THE_STREAM)
    return World(table=Table(table_name), outbound=OUTBOUND, switch=Switch(logger), journal=journal, experiments={})
