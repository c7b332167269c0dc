"""Commands for the laptop: `python -m local demo`, `python -m local deploy`, `python -m local report`."""

import argparse
import contextlib
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from rich.console import Console

from local.demo import flow_control
from local.demo.conduct import timed
from local.deploy import Deployer, Outputs
from local.emulator import ROOT, Emulator
from local.errors import LocalError
from local.kill_switch import STEPS
from local.processes import unwinding_signals
from local.report.delayed_check import objects
from local.report.delayed_check.terminal import show_objects
from local.slices import SLICES, Slice, slice_of

_OUT = ROOT / "local" / "out"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code: 1 when something failed, 2 when the request was impossible."""
    options = _parser().parse_args(arguments)
    console = Console()
    try:
        with unwinding_signals():
            return int(options.command(options, console))
    except LocalError as error:
        Console(stderr=True).print(f"error: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        return error.exit_code
    except KeyboardInterrupt:
        Console(stderr=True).print("interrupted: the emulator is stopped and its files are gone")
        return 128 + signal.SIGINT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local", description="The example stacks on this machine.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    demo = commands.add_parser("demo", help="deploy to the emulator, run the experiments, and report")
    names = list(SLICES)
    demo.add_argument("slice", nargs="?", choices=names, help="the experiment; default: one after the other")
    demo.add_argument("--slice", dest="slice_option", choices=names, help="the same")
    demo.add_argument("--quick", action="store_true", help="a short run: shows that the path works, and little else")
    demo.add_argument(
        "--kill-after",
        choices=STEPS,
        default="create",
        help="custom_resource: where workers die; default: %(default)s, after the vendor's work and before its record",
    )
    demo.add_argument("--keep", action="store_true", help="leave the emulator running afterwards, until Ctrl-C")
    demo.add_argument("--picture", type=Path, metavar="FILE", help="also draw the picture of README to this SVG file")
    demo.set_defaults(command=_demo)

    deploy = commands.add_parser("deploy", help="deploy to the emulator and leave it running until Ctrl-C")
    deploy.set_defaults(command=_deploy)
    for command in (demo, deploy):
        command.add_argument("--port", type=int, help="the emulator's port on 127.0.0.1; default: a free one")

    report = commands.add_parser("report", help="write pages and pictures again from earlier results")
    report.add_argument("--from", dest="source", type=Path, metavar="FILE", help="default: all in local/out")
    report.add_argument("--picture", type=Path, metavar="FILE", help="also draw the picture of README to this SVG file")
    report.add_argument(
        "--outcomes",
        type=Path,
        metavar="FOLDER",
        help="instead: print arms, outcomes and lift from outcome events in files (JSON, gzipped or not), as in S3",
    )
    report.add_argument(
        "--orders", type=Path, metavar="FILE", help='for the lift: lines such as {"unit": "order-1", "saved": true}'
    )
    report.set_defaults(command=_report)
    for command in (demo, report):
        command.add_argument("--out", type=Path, default=_OUT, metavar="FOLDER", help="where the report goes")
    return parser


def _demo(options: argparse.Namespace, console: Console) -> int:
    chosen = options.slice_option or options.slice
    if chosen is None and (options.keep or options.picture):
        raise LocalError(f"--keep and --picture are for one experiment: name one of {', '.join(SLICES)}", exit_code=2)
    # Minutes of work must not end at a folder that cannot be written.
    _check_writable(options.out)
    if options.picture:
        _check_writable(options.picture.absolute().parent)
    for one in [SLICES[chosen]] if chosen else SLICES.values():
        with ExitStack() as life:
            emulator = life.enter_context(Emulator(port=options.port, async_retry_base=one.async_retry))
            console.print(f"The emulator runs at {emulator.endpoint}", highlight=False)
            _write(one, one.run(emulator, console, life, options), options, console)
            if options.keep:
                _wait(emulator, console)
    return 0


def _deploy(options: argparse.Namespace, console: Console) -> int:
    with Emulator(port=options.port, async_retry_base=flow_control.ASYNC_RETRY) as emulator:
        outputs = _deploy_all(emulator, console)
        for hub in (flow_control.WITH, flow_control.WITHOUT):
            address = flow_control.webhook(outputs, hub, emulator.endpoint)
            console.print(f"{hub.title}, POST orders to {address}", highlight=False, soft_wrap=True)
        console.print('  such as: curl -d \'{"order_id": "1"}\' -H "content-type: application/json" ADDRESS')
        for stack, values in outputs.items():
            for name, value in values.items():
                console.print(f"  {stack}.{name} = {value}", highlight=False, soft_wrap=True, style="dim")
        _wait(emulator, console)
    return 0


def _deploy_all(emulator: Emulator, console: Console) -> Outputs:
    deployer = Deployer(emulator)
    with timed(console, "cdk bootstrap"):
        deployer.bootstrap()
    with timed(console, "cdk deploy: the example stacks"):
        return deployer.deploy()


def _report(options: argparse.Namespace, console: Console) -> int:
    if options.outcomes:
        saved = objects.read_saved(options.orders) if options.orders else {}
        show_objects(objects.read(options.outcomes), saved, console)
        return 0
    if options.orders:
        raise LocalError("--orders says which orders were saved: name the outcome events with --outcomes", exit_code=2)
    written = [file for one in SLICES.values() if (file := _OUT / f"{one.file}.json").exists()]
    sources = [options.source] if options.source else written or [_OUT / "demo.json"]
    if options.picture and len(sources) > 1:
        raise LocalError("--picture is for one experiment: name its result with --from", exit_code=2)
    for source in sources:
        one, experiment = _read(source)
        _check_writable(options.out)
        _write(one, experiment, options, console)
    return 0


def _read(source: Path) -> tuple[Slice, Any]:
    try:
        text = source.read_text(encoding="utf-8")
        one = slice_of(text)
        return one, one.read(text)
    except OSError as error:
        raise LocalError(f"{source} cannot be read ({error.strerror}): run the demo first", exit_code=2) from None
    except (ValueError, KeyError, TypeError) as error:
        raise LocalError(f"{source} is not a result of this demo ({error}): run it again") from None


def _wait(emulator: Emulator, console: Console) -> None:
    console.print(
        f"The emulator keeps running at {emulator.endpoint} (region {emulator.region}, credentials test/test)"
    )
    console.print("Ctrl-C stops it and deletes everything.")
    with contextlib.suppress(KeyboardInterrupt):
        while emulator.wait(seconds=1):
            pass


def _write(one: Slice, experiment: Any, options: argparse.Namespace, console: Console) -> None:  # noqa: ANN401 - the slice's own
    one.show(experiment, console)
    files = {
        options.out / f"{one.file}.json": experiment.to_json(),
        options.out / f"{one.file}.html": one.page(experiment),
    }
    if options.picture:
        files[options.picture] = one.picture(experiment)
    for file, content in files.items():
        _replace(file, content)
        console.print(f"wrote {file}", highlight=False, soft_wrap=True)


def _replace(file: Path, content: str) -> None:
    half = file.with_name(f".{file.name}.half")
    half.write_text(content, encoding="utf-8")
    half.replace(file)


def _check_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise LocalError(
            f"{folder} cannot be written ({error.strerror}): name a folder that can with --out", exit_code=2
        ) from None


if __name__ == "__main__":
    sys.exit(main())
