"""What the construct writes and the runtime reads: the names and settings that cross from synth time to run time."""

import json
import math
from collections.abc import Mapping
from typing import NamedTuple

#: One variable a check, because one function may serve several; the part behind the prefix only has to differ.
ENVIRONMENT_PREFIX = "CONSTRUCTS_LIB_DELAYED_CHECK_"
#: How the variables end of whoever starts checks, or reports outcomes, and knows nothing more of them.
START_SUFFIX, OUTCOME_SUFFIX = "_START", "_OUTCOME"

#: The library's own two functions.
START_HANDLER = "constructs_lib.runtime.delayed_check.start.handler"
OUTCOMES_HANDLER = "constructs_lib.runtime.delayed_check.outcomes.handler"

#: Between a check's name and the order in a row's key; no name has it.
KEY_SEPARATOR = "#"
#: Between an experiment's key and its version, in the key of the row that has its weights.
VERSION_SEPARATOR = "@"

#: What EventBridge calls the outcome events.
EVENT_SOURCE = "constructs-lib.delayed-check"
DETAIL_TYPE = "DelayedCheckOutcome"

#: The values of the kill switch. Whatever it holds but RUN, nobody is contacted.
RUN, STOP = "run", "stop"

#: Seconds that SQS delays a message at most.
LONGEST_SQS_DELAY = 900
#: Seconds that EventBridge Scheduler is asked to be early: it is precise to the minute, and SQS does the rest.
SCHEDULE_LEAD = 120

#: Seconds before the deadline after which no contact is begun: the request has to get there too.
DEADLINE_MARGIN = 1.0
#: Seconds that SQS, Lambda's polling and a cold start may add to a delay, for the check of delay and deadline.
PICKUP = 5.0

#: Seconds that the timeout of an author's function must be at least: flow control keeps one of them for reporting, and
#: no contact is begun with less than one and a half.
SHORTEST_TIMEOUT = 3.0

#: Seconds that a contact takes where the provider's latency is not known.
ASSUMED_CONTACT = 2.0
#: Seconds that a message takes besides the provider's: switch, order and reasons are read, the row is written twice.
BESIDE_CONTACT = 0.2
#: Lambda has at least so many invocations of a mapping at a time, and at most.
_FEWEST_WORKERS, _MOST_WORKERS = 2, 1000
#: SQS receives a message at most so often before it is dead-lettered. A refusal may come back every second, so there is
#: one receive for each, and some for what else goes wrong.
_MOST_RECEIVES, _SPARE_RECEIVES = 1000, 20
#: Seconds between two tries of a message, at most, while so many of them outlast the time in which it is tried.
USUAL_BACKOFF = 30.0
#: The same of contacts, whose queue is flow control's, with its shortest one.
CONTACT_BACKOFF = 60.0
#: Seconds for which a queue can hold on to a message that is tried again; that takes up to twice as long, and a day
#: more.
LONGEST_RETRY = 5 * 86_400
#: Products of floats are rounded beyond this.
_ROUNDING = 1e-9

#: What the weights of an experiment's arms add up to.
WHOLE = 100

METRIC_NAMESPACE = "ConstructsLib/DelayedCheck"
CHECK_DIMENSION = "Check"


class Metric:
    """The names of the metrics, in `METRIC_NAMESPACE` under `CHECK_DIMENSION`; counts, but for the first."""

    #: Seconds from the time at which an order was due to its decision.
    LATENESS = "Lateness"
    #: A contact of which nobody knows whether it was made.
    UNKNOWN = "UnknownContacts"
    #: An order whose deadline had passed before it was decided or contacted.
    EXPIRED = "Expired"
    #: The kill switch could not be read, so somebody was not contacted for now.
    SWITCH_UNREADABLE = "KillSwitchUnreadable"
    #: The deployed weights differ from those under which the experiment's version began, which go on to hold.
    WEIGHTS_IGNORED = "WeightsIgnored"


class Experiment(NamedTuple):
    """An experiment as the runtime knows it.

    Attributes:
        key: Its name; rows and buckets depend on it.
        version: A new one draws new buckets.
        arms: Integer weights that add up to 100, by arm.
        control: The arm that is not contacted.
    """

    key: str
    version: int
    arms: Mapping[str, int]
    control: str


class Settings(NamedTuple):
    """What a function knows of a check; each of them is told what it needs. Give the fields by name.

    Attributes:
        check: The check's name, the construct's own: another experiment must not part orders from their rows.
        table_name: The table of rows.
        delay: Seconds from `placed_at` to the check.
        deadline: Seconds from `placed_at` after which nobody is contacted.
        start_queue_arn: Where starts go.
        check_queue_arn: Where checks wait.
        contact_queue_arn: Where contacts wait.
        schedule_group: EventBridge Scheduler's group; empty where there is none.
        schedule_role_arn: The role with which Scheduler sends.
        schedule_dead_letter_arn: Where Scheduler puts what it could not send.
        kill_switch: The name of the SSM parameter.
        event_bus: The bus that outcomes go to, by name or ARN.
        experiment: None: every order that is due is contacted.
        longest_sqs_delay: Seconds; a longer delay goes through Scheduler. Changed by local deployments only.
        schedule_lead: Seconds that Scheduler is early. Changed by local deployments only.
    """

    check: str
    table_name: str = ""
    delay: float = 0.0
    deadline: float = 0.0
    start_queue_arn: str = ""
    check_queue_arn: str = ""
    contact_queue_arn: str = ""
    schedule_group: str = ""
    schedule_role_arn: str = ""
    schedule_dead_letter_arn: str = ""
    kill_switch: str = ""
    event_bus: str = ""
    experiment: Experiment | None = None
    longest_sqs_delay: int = LONGEST_SQS_DELAY
    schedule_lead: int = SCHEDULE_LEAD

    def to_json(self) -> str:
        """The value of the environment variable: what is not its default."""
        defaults = self._field_defaults
        given = {name: value for name, value in self._asdict().items() if value != defaults.get(name)}
        if self.experiment is not None:
            given["experiment"] = self.experiment._asdict()
        return json.dumps(given, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Settings":
        """Read the environment variable's value.

        Raises:
            ValueError: The text is not JSON.
            TypeError: It has a field that this version does not know, or lacks one.
        """
        fields = json.loads(text)
        if fields.get("experiment") is not None:
            fields["experiment"] = Experiment(**fields["experiment"])
        return cls(**fields)


def contact_workers(rate: float, *, longest: float, contact: float = ASSUMED_CONTACT, burst: int | None = None) -> int:
    """The fewest invocations that make so many contacts a second; what the mapping has, and the test kit's.

    Each contact occupies one of N for N / rate seconds at least, which has to be as long as a contact takes.

    Args:
        rate: Contacts a second.
        longest: Seconds that an invocation may be occupied.
        contact: Seconds that one takes.
        burst: Contacts that the provider takes at once, where that is known.
    """
    wanted = -int((_ROUNDING - contact * rate) // 1)
    fitting = int((longest * rate + _ROUNDING) // 1)
    return max(_FEWEST_WORKERS, min(wanted, fitting, _MOST_WORKERS, wanted if burst is None else burst))


def receives(seconds: float) -> int:
    """How often a message may be received that is tried for so long, however fast it is refused; the test kit's too."""
    return int(min(_MOST_RECEIVES, seconds + _SPARE_RECEIVES))


def backoff_cap(seconds: float, *, least: float = USUAL_BACKOFF) -> int:
    """The longest wait between two tries, such that all its receives last so long, twice over; the test kit's too."""
    return math.ceil(max(least, 4 * seconds / receives(seconds)))


def start_retry(deadline: float) -> float:
    """For how many seconds a start is tried: until the order's deadline, or as long as a queue can keep it."""
    return min(deadline, LONGEST_RETRY)


def check_arms(arms: object) -> None:
    """Refuse weights by which nothing can be shared out.

    Raises:
        ValueError: They are no integers of 0 or more that add up to 100, or have no name.
    """
    if not isinstance(arms, Mapping) or not arms:
        raise ValueError(f'arms must be weights by arm, such as {{"call": 50, "control": 50}}, got {arms!r}')
    for arm, weight in arms.items():
        if not isinstance(arm, str) or not arm:
            raise ValueError(f"an arm's name must be a text of at least one character, got {arm!r}")
        if not isinstance(weight, int) or isinstance(weight, bool) or weight < 0:
            raise ValueError(f"the weight of arm {arm!r} must be a whole number of 0 or more, got {weight!r}")
    if (total := sum(arms.values())) != WHOLE:
        raise ValueError(f"the weights of arms must add up to {WHOLE}, got {total} ({dict(arms)!r}): they are percents")
