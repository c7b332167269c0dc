"""A kit to test a ResourceHandler: the whole protocol in virtual time, with duplicates, kills and outages, without AWS.

>>> from constructs_lib.runtime.custom_resource import ResourceHandler
>>> from constructs_lib.runtime.custom_resource.testing import ResourceRunner
>>> made = {}
>>> class Group(ResourceHandler):
...     def create(self, ctx, properties):
...         return made.setdefault(ctx.token, f"group-{len(made) + 1}")
...     def update(self, ctx, physical_id, properties, old_properties):
...         pass
...     def delete(self, ctx, physical_id, properties):
...         pass
>>> runner = ResourceRunner(Group)
>>> answer = runner.create({"Name": "web"}, times=3, kill_after="create")
>>> answer.status, answer.physical_id, len(made), runner.contradictions
('SUCCESS', 'group-1', 1, [])
"""

from constructs_lib.runtime._shared.testing.clock import InvocationClock, VirtualClock
from constructs_lib.runtime._shared.testing.killed import Killed
from constructs_lib.runtime._shared.testing.table import MemoryTable
from constructs_lib.runtime.custom_resource.testing.answers import Answer, Put, ResponseBucket
from constructs_lib.runtime.custom_resource.testing.events import (
    STACK_ID,
    context,
    failure_record,
    request_event,
    response_url,
)
from constructs_lib.runtime.custom_resource.testing.journal import MemoryJournal
from constructs_lib.runtime.custom_resource.testing.kills import POINTS, KillSwitch, point_of, point_of_write
from constructs_lib.runtime.custom_resource.testing.runner import ResourceRunner
from constructs_lib.runtime.custom_resource.testing.simulation import Run, Simulation, provider

__all__ = [
    "POINTS",
    "STACK_ID",
    "Answer",
    "InvocationClock",
    "KillSwitch",
    "Killed",
    "MemoryJournal",
    "MemoryTable",
    "Put",
    "ResourceRunner",
    "ResponseBucket",
    "Run",
    "Simulation",
    "VirtualClock",
    "context",
    "failure_record",
    "point_of",
    "point_of_write",
    "provider",
    "request_event",
    "response_url",
]
