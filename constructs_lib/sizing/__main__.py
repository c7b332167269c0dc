"""`python -m constructs_lib.sizing`: a table, JSON, a picture, or which number follows from which."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from constructs_lib.sizing import derivation, plot, report
from constructs_lib.sizing.explain import explain
from constructs_lib.sizing.inputs import Inputs
from constructs_lib.sizing.result import Sizing
from constructs_lib.sizing.strategy import FlowStrategy

_EXAMPLE = """\
example, of a downstream that takes ten calls a second, and two minutes of load:
  python -m constructs_lib.sizing --calls-per-second 10 --burst 10 --mean-latency 0.81 --error-rate 0.2 \\
      --load 60:2:2 --load 60:4:15 --plot backlog.svg

exit code: 0 all is well, 1 it cannot work (the problems are told), 2 the arguments make no sense
"""
#: Options by the name of the input: type, and what it is. Times are in seconds.
_NUMBERS: dict[str, tuple[type, str]] = {
    "calls_per_second": (float, "what the downstream takes"),
    "burst": (int, "calls that it takes at once"),
    "mean_latency": (float, "seconds of a call on average, errors included"),
    "p99_latency": (float, "seconds of a call, the 99th percentile"),
    "error_rate": (float, "share of calls that fail though the rate is held"),
    "overhead": (float, "seconds of an invocation beside its calls"),
    "batch_size": (int, "messages an invocation gets at most"),
    "max_concurrency": (int, "workers, where you decide"),
    "function_timeout": (float, "seconds, where you decide"),
    "memory_size": (int, "MB of the function, for the cost"),
    "target_loss": (float, "highest probability that a message is dead-lettered though the downstream is up"),
    "outage_tolerance": (float, "seconds of an outage that the retries must outlast"),
    "max_wait": (float, "seconds that a message may wait at most"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Size what the arguments say, print it, and return the exit code."""
    parser = _parser()
    given = vars(parser.parse_args(arguments))
    as_json, explained, picture = given.pop("json"), given.pop("explain"), given.pop("plot")
    if given["load"] is not None:
        given["load"] = [segment for several in given["load"] for segment in several]
    try:
        inputs = Inputs(**given)
        if picture is not None:
            plot.check(inputs, picture)
        sized = derivation.from_inputs(inputs)
        text = _json(inputs, sized, explained) if as_json else report.text(inputs, sized, explained=explained)
        if picture is not None:
            plot.save(inputs, sized, picture)
    except (ValueError, plot.CannotPlot) as error:
        parser.error(str(error))
    sys.stdout.write(text)
    return 1 if sized.problems else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m constructs_lib.sizing",
        usage="%(prog)s --calls-per-second RATE [--load SECONDS:RATE:RATE ...] [options]",
        description="From what a downstream can take, and what comes to it, to the settings of the queue between.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    defaults = {field.name: field.default for field in fields(Inputs) if field.init}
    for name, (kind, what) in _NUMBERS.items():
        default = defaults[name] if name != "calls_per_second" else None
        told = "" if default is None else f" (default: {default:g})"
        parser.add_argument(
            _option(name),
            type=kind,
            metavar=kind.__name__.upper(),
            required=name == "calls_per_second",
            default=default,
            help=what + told,
        )
    strategies = [each.value for each in FlowStrategy]
    parser.add_argument("--strategy", choices=strategies, default="AUTO", help="default: AUTO")
    parser.add_argument("--fifo", action="store_true", help="the queue keeps an order")
    parser.add_argument(
        "--load",
        type=_segments,
        action="append",
        metavar="SECONDS:RATE:RATE",
        help="messages a second at a segment's start and end; several in a row, or with commas between",
    )
    parser.add_argument("--repeat", action="store_true", help="the load comes again and again")
    parser.add_argument("--json", action="store_true", help="print JSON; what nobody can say is null")
    parser.add_argument("--explain", action="store_true", help="say which number follows from which")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw backlog and wait into FILE.png or FILE.svg")
    return parser


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _segments(text: str) -> list[tuple[float, ...]]:
    """Read "60:2:2,120:2:5".

    Raises:
        argparse.ArgumentTypeError: It is no list of segments.
    """
    try:
        segments = [tuple(float(number) for number in part.split(":")) for part in text.split(",")]
    except ValueError:
        segments = []
    if not segments or any(len(segment) != 3 for segment in segments):  # noqa: PLR2004 - seconds, rate, rate
        raise argparse.ArgumentTypeError(f"segments are SECONDS:RATE:RATE, such as 60:2:5,120:5:5, got {text!r}")
    return segments


def _json(inputs: Inputs, sized: Sizing, explained: bool) -> str:
    names = [field.name for field in fields(Sizing)]
    answer: dict[str, Any] = {**dict.fromkeys(names), "problems": [], "warnings": [], **sized.as_metadata()}
    if explained:
        answer["explain"] = [
            {"name": each.name, "formula": each.formula, "why": each.why} for each in explain(inputs, sized)
        ]
    return json.dumps(answer, indent=2, allow_nan=False) + "\n"


if __name__ == "__main__":
    sys.exit(main())
