"""Counts, as lines of CloudWatch's embedded metric format on the standard output: a metric without a call."""

import json
import sys
import time
from collections.abc import Mapping
from typing import NamedTuple


class Measured(NamedTuple):
    """A value of a metric. Give the fields by name.

    Attributes:
        namespace: Where the metric is.
        dimension: The one dimension's name.
        of: The dimension's value; CloudWatch takes no empty one.
        metric: The metric's name.
        value: The value. Default: 1.
        unit: CloudWatch's name for its unit. Default: "Count".
    """

    namespace: str
    dimension: str
    of: str
    metric: str
    value: float = 1
    unit: str = "Count"


def write(measured: Measured, fields: Mapping[str, object]) -> None:
    """Write a value of a metric.

    Args:
        measured: The value.
        fields: What else is known: no dimension, which would be billed, but it can be searched for.
    """
    directive = {
        "Namespace": measured.namespace,
        "Dimensions": [[measured.dimension]],
        "Metrics": [{"Name": measured.metric, "Unit": measured.unit}],
    }
    line = {
        **fields,
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]},
        measured.dimension: measured.of or "unnamed",
        measured.metric: measured.value,
    }
    sys.stdout.write(f"{json.dumps(line)}\n")
    sys.stdout.flush()
