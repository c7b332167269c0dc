"""Rules about alarms on queues (`AlarmFacts`)."""

from constructs_lib._unknown import UNKNOWN
from constructs_lib.flow_control.facts import SENT_METRIC, AlarmFacts
from constructs_lib.flow_control.rules import pages
from constructs_lib.flow_control.rules.table import rule


@rule(
    "R41",
    about=AlarmFacts,
    what="an alarm on a dead-letter queue is on `NumberOfMessagesSent`",
    why="SQS does not count the messages that it moves there itself. The alarm never rings.",
    source=pages.METRICS,
    fix="Use `ApproximateNumberOfMessagesVisible` (`metric_approximate_number_of_messages_visible()`).",
    when=lambda metric: metric in {SENT_METRIC, UNKNOWN},
)
def _dead_letters_ring(metric: str, is_on_dead_letter_queue: bool) -> str | None:
    if metric != SENT_METRIC or not is_on_dead_letter_queue:
        return None
    return (
        f"the alarm is on {SENT_METRIC} of a dead-letter queue, which does not count what SQS moves there: it never "
        "rings; use ApproximateNumberOfMessagesVisible"
    )
