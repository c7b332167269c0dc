"""Results of the checks, made by hand."""

from pathlib import Path
from typing import Any

from constructs_lib._findings import Level
from constructs_lib.flow_control.checks.resources import Unread
from constructs_lib.flow_control.checks.results import Found, NotChecked, Place, Results

_TEMPLATE = Path("cdk.out/Shop.template.json")
MAPPING = Place(
    path="Shop/Courier/Mapping", type="AWS::Lambda::EventSourceMapping", template=_TEMPLATE, logical_id="CourierMapping"
)
QUEUE = Place(path="Shop/Orders", type="AWS::SQS::Queue", template=_TEMPLATE, logical_id="Orders4711")
UNSEEN = NotChecked(
    rules=("R4", "R5"), unseen=("the function timeout", "the filter", "the batch size"), at=MAPPING, involved=(QUEUE,)
)


def broken(rule: str = "R3", **said: Any) -> Found:  # noqa: ANN401 - as Found has
    """A broken rule of the mapping; an error that nobody acknowledged."""
    defaults: dict[str, Any] = {
        "level": Level.ERROR,
        "message": f"{rule} is broken",
        "why": "it hurts",
        "source": "https://docs.aws.example/sqs",
        "fix": "Mend it.",
        "at": MAPPING,
        "locations": (),
        "involved": (),
        "acknowledged": None,
        "cdk_overrules_at": None,
    }
    return Found(rule=rule, **{**defaults, **said})


def results(
    *found: Found,
    not_checked: tuple[NotChecked, ...] = (),
    unread: tuple[Unread, ...] = (),
    ignored: tuple[str, ...] = (),
) -> Results:
    """The results of looking at a mapping and two queues."""
    checked = {"mapping": 1, "queue": 2}
    return Results(found=found, not_checked=not_checked, unread=unread, ignored=ignored, looked_at=checked)
