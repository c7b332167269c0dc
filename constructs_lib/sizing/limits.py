"""The figures that AWS sets, and those that this library chose; times are in seconds."""

#: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html: MaximumConcurrency is 2 to 1,000.
MIN_CONCURRENCY, MAX_CONCURRENCY = 2, 1000
#: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html: at least five receives, and a
#: visibility timeout of six function timeouts.
MIN_RECEIVES, VISIBILITY_FACTOR = 5, 6
#: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: seconds that a function may run.
MAX_FUNCTION_TIMEOUT = 900
#: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html: messages an invocation gets at most.
MAX_BATCH, MAX_FIFO_BATCH = 10_000, 10
#: SQS's limit of maxReceiveCount.
MAX_RECEIVES = 1000
#: Share of Little's-law concurrency that CONCURRENCY uses: from there the share of refused calls rises as a cliff.
CONCURRENCY_SHARE = 0.8
#: Share of the rate that PACE aims for: more workers than that buy little and are billed while they wait.
PACE_UTILISATION = 0.9
#: Seconds a refused or failed call takes at the least; it decides whether concurrency alone holds the rate.
FAST_FAILURE = 0.02
#: Seconds assumed where the latency of a call is unknown.
ASSUMED_LATENCY, ASSUMED_CALL_TIMEOUT = 1.0, 10.0
#: A call's timeout over its 99th percentile: an exponential tail reaches the 99.9th there.
TIMEOUT_OVER_P99 = 1.5
#: The same over its mean.
TIMEOUT_OVER_MEAN = 7
#: Standard deviations by which the retries' mean span must exceed the outage: one message in a thousand falls short.
SPAN_MARGIN = 3.0
#: SQS's limit of a visibility timeout: 12 hours.
MAX_VISIBILITY = 43_200.0
#: The bounds of the longest wait before a retry, which is a visibility timeout.
MIN_BACKOFF_CAP, MAX_BACKOFF_CAP = 60.0, MAX_VISIBILITY
DAY = 86_400
#: SQS keeps four days by default and 14 at most; a day less than the dead-letter queue's 14 is left to read them in.
DEFAULT_RETENTION, MAX_RETENTION = 4 * DAY, 13 * DAY
#: The alarm on the oldest message's age: so many times the wait that is expected, or an outage and so many seconds.
AGE_FACTOR, AGE_MARGIN = 1.5, 600.0
#: The alarm on the backlog: so many times what is expected, which is at least what arrives in so many seconds.
BACKLOG_FACTOR, BACKLOG_SECONDS = 1.2, 60.0
#: Products of floats are compared with this tolerance.
ROUNDING = 1e-9
#: Beyond these no number describes a system that anybody runs: products of them stay finite.
SMALLEST_RATE, LARGEST = 1e-6, 1e9
