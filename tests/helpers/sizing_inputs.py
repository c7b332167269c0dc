"""Any downstream and any load in sensible ranges, and the article's."""

import math
from typing import Any

from hypothesis import strategies as st

from constructs_lib.sizing import DAY

#: The article's courier: ten calls a second, 0 to 2 s, one in five fails at once.
ARTICLE: dict[str, Any] = {"calls_per_second": 10, "burst": 10, "mean_latency": 0.81, "error_rate": 0.2}
#: And its load: two messages a second for a minute, two to five for two, four to fifteen for ten.
ARTICLE_LOAD = [(60, 2, 2), (120, 2, 5), (600, 4, 15)]


def between(low: float, high: float) -> st.SearchStrategy[float]:
    """Log-uniform in effect: rates and latencies differ by orders of magnitude."""
    return st.floats(math.log(low), math.log(high)).map(math.exp)


@st.composite
def inputs(draw: st.DrawFn) -> dict[str, Any]:
    """A downstream in sensible ranges, and what an author may ask of the flow before it."""
    mean = draw(st.none() | between(0.001, 30))
    p99 = draw(st.none() | between(1, 10).map(lambda factor: min(60.0, factor * (mean or 1.0))))
    return {
        "calls_per_second": draw(between(0.05, 5000)),
        "burst": draw(st.integers(1, 2000)),
        "mean_latency": mean,
        "p99_latency": p99 if p99 is None or mean is None else max(mean, p99),
        # With more failures than this and hours of outage, the retries alone outlast what SQS keeps: R13 says so.
        "error_rate": draw(st.just(0.0) | between(1e-6, 0.8)),
        "batch_size": draw(st.just(1) | st.integers(1, 10)),
        "target_loss": draw(between(1e-9, 0.01)),
        "outage_tolerance": draw(st.just(0.0) | between(1, 6 * 3600)),
        "max_wait": draw(st.none() | between(1, DAY)),
    }


def rates(most: float = 50) -> st.SearchStrategy[float]:
    """Messages a second; often equal to one another, or none."""
    return st.sampled_from([0.0, 1.0, most / 2, most]) | st.floats(0, most)


@st.composite
def loads(draw: st.DrawFn, most: float = 50) -> list[tuple[float, float, float]]:
    """A few segments, at least one of which brings messages."""
    segments = st.tuples(st.floats(0.1, 1000), rates(most), rates(most))
    return draw(st.lists(segments, min_size=1, max_size=5).filter(lambda found: any(a or b for _, a, b in found)))
