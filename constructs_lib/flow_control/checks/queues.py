"""The queues that the templates have, or refer to, with their settings: AWS's defaults where a template is silent."""

import json
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from constructs_lib._unknown import UNKNOWN, Unknown
from constructs_lib.flow_control.checks.app import App, External, Resource
from constructs_lib.flow_control.checks.properties import or_default, whole_number

QUEUE = "AWS::SQS::Queue"

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
_VISIBILITY_TIMEOUT, _RETENTION, _DELAY, _MAX_RECEIVE_COUNT = 30, 345_600, 0, 10
_MANAGED_KEY = "alias/aws/sqs"


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Queue:
    """A queue; `Queues` has one of these for each.

    Attributes:
        name: Its construct's path; its ARN or name where it is in no template.
        resource: None where it is in no template: all but its kind is UNKNOWN then.
        fifo: Whether it is a FIFO queue.
        is_hidden: Whether nobody can see which queue it is: it may be any that is in no template.
        visibility_timeout: In seconds, as the two below.
        retention: How long it keeps messages.
        delivery_delay: How long it hides new messages.
        aws_managed_key: Whether it is encrypted with alias/aws/sqs.
    """

    name: str
    resource: Resource | None
    fifo: bool | Unknown
    is_hidden: bool = False
    visibility_timeout: float | Unknown = UNKNOWN
    retention: float | Unknown = UNKNOWN
    delivery_delay: float | Unknown = UNKNOWN
    aws_managed_key: bool | Unknown = UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Redrive:
    """Where a queue's failed messages go.

    Attributes:
        dead_letter_queue: None when there is none, UNKNOWN when a template has the redrive policy and hides it.
        max_receive_count: None when there is no redrive.
    """

    dead_letter_queue: Queue | Unknown | None
    max_receive_count: int | Unknown | None

    @property
    def is_there(self) -> bool | Unknown:
        """Whether there is a dead-letter queue."""
        return UNKNOWN if self.dead_letter_queue is UNKNOWN else self.dead_letter_queue is not None


class Queues:
    """The queues of an app: each is one object, whoever refers to it, and in whichever way."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._queues: dict[Hashable, Queue] = {}
        self._redrives: dict[Queue, Redrive] = {}
        self._elsewhere: dict[tuple[str, str], list[Queue]] = {}
        for resource in app.of_type(QUEUE):
            self._queues[resource] = self._settings(resource)

    def all(self) -> list[Queue]:
        """Those of the templates, and those that were asked for so far."""
        return list(self._queues.values())

    def at(self, resource: Resource, raw: object, *, is_queue: bool = False) -> Queue | None:
        """The queue that a value refers to.

        Args:
            resource: The resource that the value stands in.
            raw: The value as it stands there.
            is_queue: Whether it can be nothing else, whatever it is.

        Returns:
            None when it is no queue, or when nobody can tell.
        """
        target = self._app.target(resource, raw, QUEUE)
        if target is None:
            return None
        if isinstance(target, Resource):
            return self._queues.get(target)
        if isinstance(target, External):
            could_be = target.service == "sqs" or (is_queue and target.service is None)
            return self._of_no_template(resource, target) if could_be else None
        return self._unseen(resource, raw) if is_queue else None

    def redrive(self, queue: Queue) -> Redrive:
        """Where its failed messages go."""
        if queue not in self._redrives:
            self._redrives[queue] = self._read_redrive(queue.resource)
        return self._redrives[queue]

    def dead_letter_queues(self) -> set[Queue]:
        """Those that another one's failed messages go to."""
        found = (self.redrive(queue).dead_letter_queue for queue in self.all())
        return {queue for queue in found if isinstance(queue, Queue)}

    def _settings(self, resource: Resource) -> Queue:
        number, flag = self._app.number, self._app.flag
        return Queue(
            name=resource.path,
            resource=resource,
            fifo=or_default(flag(resource, "Properties", "FifoQueue"), False),
            visibility_timeout=or_default(number(resource, "Properties", "VisibilityTimeout"), _VISIBILITY_TIMEOUT),
            retention=or_default(number(resource, "Properties", "MessageRetentionPeriod"), _RETENTION),
            delivery_delay=or_default(number(resource, "Properties", "DelaySeconds"), _DELAY),
            aws_managed_key=self._has_managed_key(resource),
        )

    def _has_managed_key(self, resource: Resource) -> bool | Unknown:
        raw = self._app.raw(resource, "Properties", "KmsMasterKeyId")
        key = self._app.target(resource, raw)
        if key is None or isinstance(key, Resource):
            return False
        if isinstance(key, External) and "alias/" in key.text:
            return key.text.endswith(_MANAGED_KEY)
        return UNKNOWN  # which key stands behind an id, nobody can see

    def _of_no_template(self, resource: Resource, target: External) -> Queue:
        """A queue of no template here; an alarm names it by the last part of the ARN that others know it by."""
        last = target.text.rpartition(":")[2]
        same = self._elsewhere.get((resource.stage, last.rpartition("/")[2]), [])
        if target.service is None and len(same) == 1:
            return same[0]
        key = (resource.stage, target.text)
        if key not in self._queues:
            queue = Queue(name=target.text, resource=None, fifo=target.text.endswith(".fifo"))
            self._queues[key] = queue
            self._elsewhere.setdefault((resource.stage, last), []).append(queue)
        return self._queues[key]

    def _unseen(self, resource: Resource, raw: object) -> Queue:
        """A queue that nobody can see; the same reference in the same template is the same queue."""
        key = (resource if raw is UNKNOWN else resource.template, repr(raw))
        name = f"a queue that {resource.path} refers to"
        return self._queues.setdefault(key, Queue(name=name, resource=None, fifo=UNKNOWN, is_hidden=True))

    def _read_redrive(self, resource: Resource | None) -> Redrive:
        if resource is None:
            return Redrive(dead_letter_queue=UNKNOWN, max_receive_count=UNKNOWN)
        policy = self._app.value(resource, "Properties", "RedrivePolicy")
        if policy is None:
            return Redrive(dead_letter_queue=None, max_receive_count=None)
        raw: object = UNKNOWN
        count: int | Unknown | None = UNKNOWN
        if isinstance(policy, str):  # CloudFormation takes it as a text too
            raw, count = _written(policy)
        elif isinstance(policy, Mapping):
            raw = self._app.raw(resource, "Properties", "RedrivePolicy", "deadLetterTargetArn")
            count = whole_number(self._app, resource, "Properties", "RedrivePolicy", "maxReceiveCount")
            if raw is None and "deadLetterTargetArn" in policy:
                raw = UNKNOWN  # it is there, in an intrinsic function
        found = UNKNOWN if raw is UNKNOWN else self.at(resource, raw, is_queue=True)
        return Redrive(
            dead_letter_queue=found, max_receive_count=None if found is None else or_default(count, _MAX_RECEIVE_COUNT)
        )


def _written(policy: str) -> tuple[object, int | Unknown | None]:
    """A redrive policy that is written as JSON: the dead-letter queue's ARN, and the number of receives."""
    try:
        read: Any = json.loads(policy)
        count = read.get("maxReceiveCount")
        return read.get("deadLetterTargetArn"), None if count is None else int(count)
    except (ValueError, TypeError, AttributeError, OverflowError):
        return UNKNOWN, UNKNOWN
