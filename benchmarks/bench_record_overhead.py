"""What the handler adds to each message, beside Powertools' BatchProcessor with the same JSON decoded.

Ours writes two log lines for each message and Powertools none, so it is measured three ways: lines that are dropped by
their level, lines that are made and thrown away, and lines that are written as JSON by a Powertools Logger.
"""

import argparse
import gc
import io
import json
import logging
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from constructs_lib.runtime.flow_control import Message, flow_controlled
from constructs_lib.runtime.flow_control.contract import Settings
from constructs_lib.runtime.flow_control.testing import eventbridge_event, queue_arn, sqs_event, sqs_record

Handler = Callable[[dict[str, Any], Any], object]

BATCH_SIZES = (1, 10)
INVOCATIONS = 300
BODY = eventbridge_event({"order_id": "a-1", "items": [{"sku": "x", "quantity": 2}] * 3})


class Context:
    """As much of a Lambda context as both ask for."""

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        """Always a minute."""
        return 60_000


def flow_control(logger: Any) -> Handler:  # noqa: ANN401 - either kind of logger
    """The library's handler."""

    @flow_controlled(logger=logger)
    def handle(message: Message) -> None:
        _ = message.body["items"]

    return handle.using(clock=time, settings=Settings(queue_arn=queue_arn("queue"), call_timeout=3.0))


def powertools() -> Handler:
    """The same work on a BatchProcessor."""
    processor = BatchProcessor(event_type=EventType.SQS)

    def handle(record: SQSRecord) -> None:
        _ = json.loads(record.body)["detail"]["items"]

    def handler(event: dict[str, Any], context: Any) -> object:  # noqa: ANN401 - as Lambda gives it
        return process_partial_response(event=event, record_handler=handle, processor=processor, context=context)

    return handler


def decode_only(event: dict[str, Any], _: object) -> None:
    """What nobody can save: the JSON."""
    for record in event["Records"]:
        _ = json.loads(record["body"])["detail"]["items"]


def loggers() -> dict[str, Any]:
    """The three ways to log."""
    off = logging.getLogger("benchmark.off")
    off.setLevel(logging.CRITICAL)
    silent = logging.getLogger("benchmark.silent")
    silent.setLevel(logging.INFO)
    silent.addHandler(logging.NullHandler())
    silent.propagate = False
    written = Logger(service="benchmark", level="INFO", stream=io.StringIO())
    return {"lines off": off, "lines to a NullHandler": silent, "JSON lines, Powertools": written}


def microseconds(handler: Handler, batch_size: int) -> float:
    """Per message, over some hundreds of invocations."""
    event = sqs_event(*(sqs_record(BODY, message_id=str(number)) for number in range(batch_size)))
    context = Context()
    gc.collect()
    start = time.perf_counter()
    for _ in range(INVOCATIONS):
        handler(event, context)
    return (time.perf_counter() - start) / (INVOCATIONS * batch_size) * 1e6


def measure(rounds: int) -> dict[str, dict[str, float]]:
    """The medians of so many rounds; in each, all take their turn, in the reverse order every other time."""
    handlers: dict[str, Handler] = {"json.loads alone": decode_only, "Powertools BatchProcessor": powertools()}
    handlers |= {f"flow_controlled, {name}": flow_control(logger) for name, logger in loggers().items()}
    times: dict[str, dict[str, list[float]]] = {
        name: {f"batch {size}": [] for size in BATCH_SIZES} for name in handlers
    }
    for number in range(rounds):
        for name in list(handlers)[:: 1 if number % 2 else -1]:
            for size in BATCH_SIZES:
                times[name][f"batch {size}"].append(microseconds(handlers[name], size))
    return {name: {size: median(values) for size, values in row.items()} for name, row in times.items()}


def main() -> None:
    """Print a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="measurements of each (default 9)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args()
    results = measure(arguments.rounds)
    if arguments.json:
        sys.stdout.write(json.dumps({"microseconds_per_message": results}, indent=2) + "\n")
        return
    sys.stdout.write(f"{'microseconds per message (median)':42}" + "".join(f"{f'batch {n}':>10}" for n in BATCH_SIZES))
    for name, row in results.items():
        sys.stdout.write(f"\n{name:42}" + "".join(f"{value:10.1f}" for value in row.values()))
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
