"""The handler of the library's own function `outcomes`: what changes in the table's rows becomes events.

Each event is made of its row, so that state and event cannot differ; it is published at least once, in the order in
which its row changed.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from constructs_lib.runtime._shared.contract import PARTITION_KEY
from constructs_lib.runtime._shared.store import from_attributes
from constructs_lib.runtime.delayed_check.contract import KEY_SEPARATOR, Metric, Settings
from constructs_lib.runtime.delayed_check.log import Journal as Log
from constructs_lib.runtime.delayed_check.outbound import Published
from constructs_lib.runtime.delayed_check.outcome import detail_of
from constructs_lib.runtime.delayed_check.performer import Journal
from constructs_lib.runtime.delayed_check.row import Row, State
from constructs_lib.runtime.delayed_check.settings import of_key
from constructs_lib.runtime.delayed_check.steps import Note
from constructs_lib.runtime.delayed_check.world import OUTBOUND
from constructs_lib.runtime.flow_control.handler import BatchResponse

Publish = Callable[[Sequence[Mapping[str, Any]], str], Published]


class Told(NamedTuple):
    """A change of which there is something to tell. Give the fields by name.

    Attributes:
        number: The record's, in its stream.
        settings: The check's.
        row: The row as it is now.
        detail: The event's.
        became_unknown: Whether it was known before whether the order was contacted.
    """

    number: str
    settings: Settings
    row: Row
    detail: Mapping[str, Any]
    became_unknown: bool


class OutcomesHandler:
    """The Lambda handler for batches of the table's stream.

    Args:
        publish: Puts events on a bus. Default: EventBridge's.
        journal: Where it is logged. Default: the library's own log.
        settings: The check's, instead of those in the environment.
    """

    def __init__(
        self, *, publish: Publish | None = None, journal: Journal | None = None, settings: Settings | None = None
    ) -> None:
        self._publish = publish or OUTBOUND.publish
        self._journal = journal or Log()
        self._settings = settings

    def __call__(self, event: object, context: object) -> BatchResponse:  # noqa: ARG002 - as Lambda calls it
        """Publish what a batch tells.

        Returns:
            The first record that was not published, if any: Lambda delivers it again, and all that follow.

        Raises:
            ValueError: The event is no batch.
            SettingsError: The function's environment has no settings.
        """
        records = event.get("Records") if isinstance(event, Mapping) else None
        if not isinstance(records, list):
            msg = (
                "expected a batch of the table's stream, with a list of Records: this function is the library's own, "
                f"let DelayedCheck invoke it (got {type(event).__name__})"
            )
            raise ValueError(msg)  # noqa: TRY004 - to the caller it is one mistake: the wrong event
        told = [one for record in records if (one := self._told(record)) is not None]
        for bus, group in groupby(told, key=lambda one: one.settings.event_bus):
            failed = self._publish_all(list(group), bus)
            if failed is not None:
                return {"batchItemFailures": [{"itemIdentifier": failed.number}]}
        return {"batchItemFailures": []}

    def using(self, *, settings: Settings, publish: Publish, journal: Journal) -> "OutcomesHandler":
        """The same handler in another world, for tests; the arguments are those of the class."""
        return OutcomesHandler(publish=publish, journal=journal, settings=settings)

    def _publish_all(self, told: list[Told], bus: str) -> Told | None:
        """Publish to one bus; the first that it did not take."""
        taken, trouble = self._publish([one.detail for one in told], bus)
        for one in told[:taken]:
            text, metric = f"published as {one.row.state}", None
            if one.became_unknown:
                text, metric = f"nobody knows whether it was contacted: {one.row.reason}", Metric.UNKNOWN
            self._journal.note(Note(text, metric), check=one.settings.check, unit=one.row.unit)
        if taken >= len(told):
            return None
        failed = told[taken]
        text = f"the event bus {bus} did not take {len(told) - taken} events, which come again: {trouble}"
        self._journal.note(Note(text), check=failed.settings.check, unit=failed.row.unit)
        return failed

    def _told(self, record: object) -> Told | None:
        """What a record tells; None where that is nothing, or nothing of this check's."""
        if not isinstance(record, Mapping) or record.get("eventName") == "REMOVE":
            return None
        change = record.get("dynamodb")
        if not isinstance(change, Mapping) or not isinstance(change.get("SequenceNumber"), str):
            return None
        key = _text(change.get("Keys"), PARTITION_KEY)
        settings = self._settings or of_key(key, os.environ)
        if settings is None or not key.startswith(f"{settings.check}{KEY_SEPARATOR}"):
            return None
        try:
            return _read(change, settings)
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
            # Not a row that the library has written. To fail would keep all that follows waiting for it.
            self._journal.failure("reading a row", error, check=settings.check, unit=key)
            return None


def _read(change: Mapping[str, Any], settings: Settings) -> Told | None:
    old, new = (Row.of(from_attributes(change.get(image) or {})) for image in ("OldImage", "NewImage"))
    if new is None:
        return None
    detail = detail_of(settings.check, new)
    if detail is None or (old is not None and detail_of(settings.check, old) == detail):
        return None
    return Told(
        number=change["SequenceNumber"],
        settings=settings,
        row=new,
        detail=detail,
        became_unknown=new.state is State.UNKNOWN and (old is None or old.state is not State.UNKNOWN),
    )


def _text(attributes: object, name: str) -> str:
    attribute = attributes.get(name) if isinstance(attributes, Mapping) else None
    value = attribute.get("S") if isinstance(attribute, Mapping) else None
    return value if isinstance(value, str) else ""


handler = OutcomesHandler()
