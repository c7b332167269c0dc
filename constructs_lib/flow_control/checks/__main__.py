"""Checks the SQS-to-Lambda settings of synthesized or written templates.

PATH is a cdk.out, a folder of templates, or a template: CloudFormation's or SAM's, JSON or YAML. Give the templates of
one app in one run: a queue may be in one, and its consumer in another.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from constructs_lib.flow_control.checks import report, templates
from constructs_lib.flow_control.checks.results import Results, check
from constructs_lib.flow_control.checks.sarif import as_sarif

_EPILOG = "exit code: 0 no errors; 1 errors, with --strict also warnings; 2 something unreadable, or nothing to check"
#: In the place of the file, where SARIF is to be printed.
_PRINTED = True


def main(arguments: Sequence[str] | None = None) -> int:
    """Check what the arguments name, print the report, and return the exit code."""
    parser = _parser()
    options = _parsed(parser, arguments)
    if options.rules:
        _print(report.table())
        return 0
    if not options.paths:
        parser.error("which PATH? Give a cdk.out, a folder of templates or a template; --rules lists the rules")
    if options.json and options.sarif is _PRINTED:
        parser.error("--json and --sarif would both be printed: give --sarif a FILE.sarif")
    try:
        results = check(templates.read(options.paths))
    except Exception as error:  # noqa: BLE001 - a traceback of ours tells nobody what to do
        parser.error(report.fault(error))
    if isinstance(options.sarif, Path):
        try:
            options.sarif.write_text(as_sarif(results), encoding="utf-8")
        except OSError as error:
            parser.error(f"cannot write {options.sarif}: {error.strerror}; give --sarif a file in a folder that exists")
    _print(_render(results, options))
    if not results.looked_at and not results.unread:
        sys.stderr.write("nothing to check, hence exit code 2: no queue here has a consumer, a source or an alarm\n")
    return _exit_code(results, strict=options.strict)


def _parsed(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options. What stands after --sarif and is not named as such a file is a PATH: it is read, never written."""
    options = parser.parse_intermixed_args(arguments)
    if isinstance(options.sarif, Path) and not options.sarif.name.endswith((".sarif", ".sarif.json")):
        options.paths.insert(0, options.sarif)
        options.sarif = _PRINTED
    return options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m constructs_lib.flow_control.checks", description=__doc__, epilog=_EPILOG
    )
    parser.add_argument("paths", metavar="PATH", type=Path, nargs="*", help="what to check")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--sarif", metavar="FILE.sarif", type=Path, nargs="?", const=_PRINTED, help="print SARIF, or write the file"
    )
    parser.add_argument("--strict", action="store_true", help="warnings fail too")
    parser.add_argument("--rules", action="store_true", help="list the rules")
    return parser


def _render(results: Results, options: argparse.Namespace) -> str:
    if options.sarif is _PRINTED:
        return as_sarif(results)
    return report.as_json(results) if options.json else report.text(results)


def _exit_code(results: Results, *, strict: bool) -> int:
    if results.errors or (strict and results.warnings):
        return 1
    return 2 if any(each.is_whole_file for each in results.unread) or not results.looked_at else 0


def _print(text: str) -> None:
    """Print it, also what the terminal has no characters for: names and reasons are the author's."""
    encoding = sys.stdout.encoding or "utf-8"
    try:
        sys.stdout.write(f"{text}\n".encode(encoding, "backslashreplace").decode(encoding))
        sys.stdout.flush()
    except OSError as error:  # a full disk, a reader that went away
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains of it once more at its end
        _parser().error(f"cannot print the report: {error.strerror}")


if __name__ == "__main__":
    sys.exit(main())
