"""What sizing answers."""

from dataclasses import dataclass, fields

from constructs_lib.sizing.strategy import FlowStrategy


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizing:
    """What a flow's settings were derived to be. Times are in seconds; None is what nobody can say.

    Attributes:
        strategy: CONCURRENCY or PACE.
        max_concurrency: Workers at most (the mapping's MaximumConcurrency).
        littles_law_concurrency: Workers that make exactly R calls a second; None when the latency is unknown.
        utilisation: Share of R that the flow reaches while it has a backlog; None when the latency is unknown.
        pace: Seconds each message occupies a worker at least; 0 under CONCURRENCY.
        call_timeout: Seconds one call may take.
        function_timeout: The consumer's timeout, given or derived.
        visibility_timeout: Six function timeouts.
        max_receive_count: Receives before a message is dead-lettered.
        backoff_cap: Longest wait before a retry.
        retry_span: Time from the first to the last receive of a message that always fails, on average.
        least_retry_span: The same for all but one message in a thousand.
        retention: How long the queue keeps a message.
        loss_probability: That a message is dead-lettered because every receive fails, independently.
        cost_per_million: USD for a million messages, us-east-1 list prices, SQS and Lambda on ARM, without the
            event bus, logs and alarms.
        goodput: Messages a second that succeed at the downstream's whole rate: nobody could do better.
        load_after: Messages a second after the load: none, or with `repeat` its mean; None without a load.
        peak_arrival: The most messages a second that arrive; None without a load.
        peak_backlog: Messages that wait at most, at the goodput; None without a load, or where it never drains.
        drain_time: From that peak until none waits.
        max_wait: The longest that a message waits for its first receive, at the goodput.
        expected_goodput: Messages a second that the flow's workers are expected to make succeed; None when the
            latency is unknown.
        expected_peak_backlog: As `peak_backlog`, at the expected goodput.
        expected_drain_time: As `drain_time`, at the expected goodput.
        expected_max_wait: As `max_wait`, at the expected goodput.
        age_alarm: The oldest message's age that is worth an alarm.
        backlog_alarm: The messages waiting that are worth an alarm; None without a load.
        problems: What cannot work: `size` refuses it, the construct's rules report it.
        warnings: What works, and may surprise.
    """

    strategy: FlowStrategy
    max_concurrency: int
    littles_law_concurrency: float | None
    utilisation: float | None
    pace: float
    call_timeout: float
    function_timeout: float
    visibility_timeout: int
    max_receive_count: int
    backoff_cap: float
    retry_span: float
    least_retry_span: float
    retention: int
    loss_probability: float
    cost_per_million: float
    goodput: float
    load_after: float | None
    peak_arrival: float | None
    peak_backlog: float | None
    drain_time: float | None
    max_wait: float | None
    expected_goodput: float | None
    expected_peak_backlog: float | None
    expected_drain_time: float | None
    expected_max_wait: float | None
    age_alarm: float
    backlog_alarm: int | None
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def as_metadata(self) -> dict[str, str | int | float | list[str]]:
        """Plain JSON: numbers to six digits, and without what is None or empty, which CloudFormation refuses."""
        known = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: _plain(value) for name, value in known.items() if value not in (None, ())}


def _plain(value: str | float | tuple[str, ...]) -> str | int | float | list[str]:
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, float):
        return float(f"{value:.6g}")
    return str(value) if isinstance(value, FlowStrategy) else value
