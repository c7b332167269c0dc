"""The rule about alarms on queues."""

from tests.helpers.rule_cases import Case
from tests.helpers.rule_facts import ALARM

CASES = [
    Case(
        ALARM,
        "R41",
        broken={"metric": "NumberOfMessagesSent"},
        mended={"metric": "NumberOfMessagesSent", "is_on_dead_letter_queue": False},
        words=["NumberOfMessagesSent", "never rings", "ApproximateNumberOfMessagesVisible"],
    ),
]
