"""Facts that break no rule, one of each kind; a test changes what it is about."""

from constructs_lib.flow_control.facts import (
    AlarmFacts,
    Facts,
    FlowFacts,
    FunctionFacts,
    MappingFacts,
    QueueFacts,
    Service,
    SourceFacts,
)
from constructs_lib.sizing import DAY, FlowStrategy

FLOW = FlowFacts(
    has_runtime=True,
    role_is_known=True,
    queue_policy_is_known=True,
    strategy=FlowStrategy.PACE,
    calls_per_second=10,
    burst=10,
    error_rate=0.2,
    target_loss=1e-6,
    mean_latency=0.81,
    littles_law_concurrency=8.4,
    utilisation=0.79,
    batch_size=1,
    batching_window=0.0,
    in_line=1,
    max_concurrency=10,
    pace=1.0,
    call_timeout=3.0,
    call_attempts=1,
    call_retry_wait=0.0,
    function_timeout=10.0,
    reserved_concurrency=None,
    mapped_concurrency=10,
    visibility_timeout=60.0,
    max_receive_count=9,
    retention=4.0 * DAY,
    delivery_delay=0.0,
    has_dead_letter_queue=True,
    fifo=False,
    dead_letter_queue_fifo=False,
    dead_letter_retention=14.0 * DAY,
    outage_tolerance=300.0,
    retry_span=600.0,
    least_retry_span=300.0,
    backoff_cap=300.0,
    max_wait=None,
    has_load=False,
    goodput=8.0,
    load_after=None,
    peak_arrival=None,
    longest_wait=None,
    expected_goodput=6.3,
    expected_longest_wait=None,
    service_sources=(),
    grouped_sources=(),
    ungrouped_sources=(),
    aws_managed_key=False,
    consumers=("Shop/Function",),
    other_triggers=(),
    same_downstream={"Shop/Flow": 10.0},
)

MAPPING = MappingFacts(
    max_concurrency=10,
    minimum_pollers=None,
    maximum_pollers=None,
    batch_size=5,
    batching_window=0.0,
    reports_failures=True,
    has_filter=False,
    fifo=False,
    function_timeout=10.0,
    reserved_concurrency=None,
    visibility_timeout=60.0,
    max_receive_count=5,
    has_dead_letter_queue=True,
    consumes_own_dead_letters=False,
    sends_to_own_queue=False,
    grouped_sources=(),
    answers_failures=True,
    call_attempts=None,
    call_timeout=None,
    call_retry_wait=None,
    messages_called_for=1,
)

QUEUE = QueueFacts(
    fifo=False,
    visibility_timeout=60.0,
    retention=4.0 * DAY,
    delivery_delay=0.0,
    has_dead_letter_queue=True,
    dead_letter_queue_fifo=False,
    dead_letter_retention=14.0 * DAY,
    aws_managed_key=False,
    service_sources=("EventBridge",),
    grouped_sources=(),
    ungrouped_sources=("Shop/Rule",),
    consumers=("Shop/Function",),
    age_alarms=("Shop/Age",),
    other_alarms=("Shop/DeadLetters",),
)

FUNCTION = FunctionFacts(
    reserved_concurrency=None,
    mapped_concurrency=10,
    timeout_is_set=True,
    memory_is_set=True,
    async_destination=None,
    has_other_triggers=False,
)

SOURCE = SourceFacts(
    service=Service.EVENT_BRIDGE, fifo=False, group_id=None, topic_fifo=None, has_undeliverable_queue=True
)

ALARM = AlarmFacts(metric="ApproximateNumberOfMessagesVisible", is_on_dead_letter_queue=True)

SOUND: tuple[Facts, ...] = (FLOW, MAPPING, QUEUE, FUNCTION, SOURCE, ALARM)

#: A FIFO queue, with a dead-letter queue that goes with it.
FIFO = {"fifo": True, "dead_letter_queue_fifo": True}

#: A load that comes to its end, and whose waits are agreed to.
LOAD = {"has_load": True, "load_after": 0.0, "peak_arrival": 15.0, "max_wait": 3.0 * DAY}

#: What another strategy than PACE makes of a flow.
CONCURRENCY = {"strategy": FlowStrategy.CONCURRENCY, "pace": 0.0, "utilisation": None}
