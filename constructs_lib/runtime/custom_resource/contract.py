"""What the construct writes and the handler reads: the names and settings that cross from synth time to run time."""

import json
from typing import Literal, NamedTuple

#: What Lambda calls under `runtime="layer"`: it imports the author's handler itself, so that a module that cannot be
#: imported still yields an answer.
ENTRY_POINT = "constructs_lib.runtime.custom_resource.entry.handler"

#: Names the author's handler (module.attribute) to the entry point, where the construct cannot: in a container image,
#: and in the environment of an imported function.
AUTHOR_HANDLER = "CONSTRUCTS_LIB_AUTHOR_HANDLER"

#: One variable, because a function belongs to one provider.
ENVIRONMENT = "CONSTRUCTS_LIB_CUSTOM_RESOURCE"

#: Set by local deployments only: hosts (host:port, comma-separated) that a ResponseURL may name besides
#: CloudFormation's own; plain http is accepted for these alone.
RESPONSE_HOSTS = "CONSTRUCTS_LIB_RESPONSE_HOSTS"


#: A Step Functions tick's payload is {TICK: {"pk": ..., "request_id": ...}}, with "cause" when the loop has given up.
#: Such a payload is the state machine's input too, beside "function": the ARN to invoke.
TICK = "constructs_lib_tick"
#: What a tick returns: {"done": true} or {"done": false, "next_in": seconds}.
DONE, NEXT_IN = "done", "next_in"

METRIC_NAMESPACE = "ConstructsLib/CustomResource"
PROVIDER_DIMENSION = "Provider"

#: Seconds that a lease outlives the function's own deadline: how long what a killed function sent may still land at
#: the vendor, and how far two clocks may be apart.
GRACE = 10.0

#: Seconds of the longest timeout that a function may have.
LONGEST_INVOCATION = 900

#: Seconds that CloudFormation waits longer than the handler works, so that the last answer still arrives.
SERVICE_MARGIN = 60

#: Seconds before Step Functions first repeats a failed tick; each further wait is twice as long.
FIRST_TICK_RETRY = 2
_LEAST_TICK_RETRIES = 3


def tick_retries(longest_lease: float) -> int:
    """How many repetitions of a tick outlast the lease of one that was killed."""
    retries = _LEAST_TICK_RETRIES
    while FIRST_TICK_RETRY * (2**retries - 1) < longest_lease:
        retries += 1
    return retries


class Metric:
    """The names of the metrics, each a count, in `METRIC_NAMESPACE` under `PROVIDER_DIMENSION`."""

    #: An event was delivered again after its answer, or while another delivery of it was at work.
    DUPLICATE_SUPPRESSED = "DuplicateSuppressed"
    #: A committed answer was sent again.
    REPLAYED = "Replayed"
    #: A resource that a killed function had made was found or confirmed by its token.
    ADOPTED = "Adopted"
    #: A lease had expired: its holder was killed.
    LEASE_TAKEOVER = "LeaseTakeover"
    #: A function that had lost its lease came back too late; its result was discarded.
    FENCE_LOST = "FenceLost"
    #: An event older than what has happened since.
    STALE_DROPPED = "StaleDropped"
    #: Whether a resource exists cannot be known: the vendor offers neither token nor lookup.
    AMBIGUOUS = "Ambiguous"
    #: A resource is left that nobody will delete.
    ORPHANED = "Orphaned"
    #: A resource that CloudFormation never learned of was deleted.
    ORPHAN_REAPED = "OrphanReaped"
    #: CloudFormation could not be answered.
    UNDELIVERABLE = "ResponseUndeliverable"
    #: Something that is not CloudFormation's came in.
    MALFORMED = "Malformed"
    #: Every attempt was cut off, and the on-failure path answered.
    GAVE_UP = "GaveUp"


class Settings(NamedTuple):
    """How a provider's requests are handled. Give the fields by name.

    Attributes:
        table_name: The table of records.
        provider: The provider's name, for metrics.
        author_handler: The author's own handler, as "module.attribute"; None where Lambda calls it directly.
        total_timeout: Seconds that one request may take in all.
        grace: Seconds that a lease outlives the function's deadline.
        on_orphan: What becomes of a resource that CloudFormation never learned of.
        state_machine_arn: What polls long work; None without `polls=True`.
    """

    table_name: str
    provider: str = ""
    author_handler: str | None = None
    total_timeout: float = 900.0
    grace: float = GRACE
    on_orphan: Literal["delete", "report"] = "delete"
    state_machine_arn: str | None = None

    def to_json(self) -> str:
        """The value of the environment variable."""
        return json.dumps(self._asdict(), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Settings":
        """Read the environment variable's value.

        Raises:
            ValueError: The text is not JSON.
            TypeError: It has a field that this version does not know, or lacks one.
        """
        return cls(**json.loads(text))
