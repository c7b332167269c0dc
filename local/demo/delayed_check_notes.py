"""What a reader of the delayed-check experiment must know to judge its figures."""

from local.demo.delayed_check_plan import (
    CROSSING_DELAY,
    CROSSING_LEAD,
    CROSSING_SQS,
    DEADLINE,
    DELAY,
    FUNCTION_TIMEOUT,
    SCALE,
)
from local.report.delayed_check.records import ON_ITS_WAY

NOTES = [
    "All of this ran on an embedded AWS emulator on one machine, not on AWS, with both versions at the same time.",
    f"The times are scaled 1:{SCALE}: an order is looked at after {DELAY} s instead of 5 minutes, and is dead after "
    f"{DEADLINE} s instead of 10. What does not scale with them is the machine: a second of lateness here is a second "
    f"on AWS, not {SCALE}. Both functions that check may run {FUNCTION_TIMEOUT} s.",
    "The provider is a server of the demo's on loopback that speaks Twilio's Calls API, one for each version; its "
    "ledger is the truth about contacts. An order's customer, duplicates, kills and the provider's answers are drawn "
    "from a seed, the same for both versions, whatever the order's arm is.",
    "A worker is killed by the answer to its request: the provider has taken the call, and the process ends before "
    "it can read that (os._exit). SQS then delivers the message again when its visibility timeout ends.",
    '"Delivered again" are messages that the demo sent once more as SQS may deliver them: checks, contacts, and '
    "changes of rows from the table's stream. No order's contact comes again before the order is decided; then it "
    "comes for settled orders and for the control arm too, as an attack. Such messages are no dead letters: each is "
    "read, found to be of no use any more, and deleted.",
    "Of the customers who answered a call, a share then has the order accepted; others have it accepted anyway, "
    "called or not, before or after the check. So the lift is true, and known to the demo alone.",
    f"A request counts as one for a settled order when the order had been accepted more than {ON_ITS_WAY:g} s before "
    "it came: the function reads the order, claims, and asks, and nobody can take a request back that is on its way.",
    "A provider that lies answers 429, which promises that there will be no call, and calls all the same. Nobody can "
    "defend against that but by believing its report, which came here before the time was over that it asked to wait.",
    "The emulator's own floor is a message with a plain delay, through a plain mapping, to a function of nothing, in "
    "the same run: it has DelaySeconds of whole seconds. DelayedCheck rounds its delay up to whole seconds, so that it "
    "is never early; that alone is half a second on average.",
    f"What crosses Scheduler: checks {CROSSING_DELAY} s after orders that were placed as long ago, with SQS holding "
    f"{CROSSING_SQS} s at most and Scheduler {CROSSING_LEAD} s early (on AWS 900 and 120). The emulator's Scheduler "
    "looks every 10 seconds, AWS's within the minute; SQS then waits for the rest.",
    "The kill switch was set to stop for two seconds in the run (not in a --quick one): the orders in between have "
    "that as their reason.",
    "The emulator's EventBridge does not know Firehose as a target: a function stands between them, so that outcomes "
    "still land as objects in S3 by way of Firehose.",
    "Metrics are lines in the functions' logs (CloudWatch's embedded format) that were added up: the emulator makes no "
    "metrics of them. Writes are those that the table's stream shows; refused ones are not among them.",
]
