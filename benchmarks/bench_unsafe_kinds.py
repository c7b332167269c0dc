"""Who finds what is unsafe between a queue and its function: CDK itself, cfn-lint, cdk-nag, and FlowControlChecks.

Each kind is an app of plain aws-cdk-lib with one thing wrong (unsafe_kinds.py). It is synthesized once, with CDK's own
validation, AwsSolutions of cdk-nag and FlowControlChecks; then cfn-lint reads its template. What CDK's constructs
refuse is made past them for the others, since a written template may have it.
"""

import argparse
import contextlib
import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

from benchmarks.unsafe_kinds import OTHERS, THE_24, Build, Kind
from constructs_lib import FlowControlChecks

_OURS = FlowControlChecks().name
_CDKS = "CloudFormation Validate"

#: The one rule of AwsSolutions that is about such a fault: a queue without a dead-letter queue. Its others are about
#: encryption, permissions and versions, whatever the kind.
_NAG_NAMES = {"R10": "AwsSolutions-SQS3"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What each says of one kind; nothing where it is silent.

    Attributes:
        rule: Our rule that it breaks.
        what: What is wrong.
        cdk: "rejected" by the construct, "warned" by the validation, or silent.
        cfn_lint: Its rules.
        nag: The rules of AwsSolutions that name the fault.
        checks: The rules of FlowControlChecks.
        is_caught: Whether the rule is among them.
        besides: Those of them that neither are the rule nor follow from it.
    """

    rule: str
    what: str
    cdk: str
    cfn_lint: tuple[str, ...]
    nag: tuple[str, ...]
    checks: tuple[str, ...]
    is_caught: bool
    besides: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Synthesized:
    """An app that was, with what its validators reported."""

    template: Path
    has_warning: bool  # of a construct's
    report: dict[str, list[dict[str, Any]]]

    def rules(self, plugin: str) -> tuple[str, ...]:
        """The rules that a validator found broken."""
        found = (each["ruleName"] for each in self.report.get(plugin, []) if each.get("severity") != "info")
        return tuple(dict.fromkeys(found))


def main() -> None:
    """Print the table, or JSON with --json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder, _quiet():
        first, others = (measure(kinds, Path(folder) / name) for kinds, name in ((THE_24, "24"), (OTHERS, "others")))
    if arguments.json:
        print(json.dumps({"the 24": [asdict(each) for each in first], "others": [asdict(each) for each in others]}))
        return
    for title, verdicts in (("the 24", first), ("variants and other warnings", others)):
        print(f"{title:<66} {'CDK':<9} {'cfn-lint':<9} {'cdk-nag':<8} checks")
        for each in verdicts:
            row = f"{each.rule:<4} {each.what:<61} {each.cdk or '-':<9} {' '.join(each.cfn_lint) or '-':<9}"
            print(f"{row} {'SQS3' if each.nag else '-':<8} {' '.join(each.checks) or '-'}")
        print(f"{'found':<66} {count(verdicts)}\n")


def count(verdicts: Sequence[Verdict]) -> str:
    """How many each finds."""
    rejected, warned = (sum(each.cdk == word for each in verdicts) for word in ("rejected", "warned"))
    return (
        f"of {len(verdicts)}: CDK {rejected + warned} ({rejected} rejected, {warned} warned), "
        f"cfn-lint {sum(bool(each.cfn_lint) for each in verdicts)}, "
        f"cdk-nag {sum(bool(each.nag) for each in verdicts)}, "
        f"FlowControlChecks {sum(each.is_caught for each in verdicts)}"
    )


def measure(kinds: Sequence[Kind], folder: Path) -> list[Verdict]:
    """Ask everybody about each kind."""
    made = [_make(kind, folder / str(number)) for number, kind in enumerate(kinds)]
    linted = _cfn_lint([synthesized.template for _, synthesized in made])
    return [
        _verdict(kind, cdk_says, synthesized, linted[synthesized.template])
        for kind, (cdk_says, synthesized) in zip(kinds, made, strict=True)
    ]


def _verdict(kind: Kind, cdk_says: str, synthesized: _Synthesized, linted: tuple[str, ...]) -> Verdict:
    checks = synthesized.rules(_OURS)
    nag = synthesized.rules(AwsSolutionsChecks().name)
    return Verdict(
        rule=kind.rule,
        what=kind.what,
        cdk=cdk_says,
        cfn_lint=linted,
        nag=tuple(rule for rule in nag if rule == _NAG_NAMES.get(kind.rule)),
        checks=checks,
        is_caught=kind.rule in checks,
        besides=tuple(rule for rule in checks if rule != kind.rule and rule not in kind.follows),
    )


def _make(kind: Kind, folder: Path) -> tuple[str, _Synthesized]:
    """What CDK says of a kind, and the app; made past CDK where its constructs refuse it."""
    try:
        synthesized = synthesize(kind.build, folder)
    except RuntimeError:
        if kind.around is None:
            raise
        return "rejected", synthesize(kind.around, folder / "around")
    return "warned" if synthesized.has_warning or synthesized.rules(_CDKS) else "", synthesized


def synthesize(build: Build, folder: Path) -> _Synthesized:
    """Synthesize one app, with all validators."""
    app = cdk.App(outdir=str(folder), builtin_cloud_formation_validation=True)
    stack = cdk.Stack(app, "Shop")
    build(stack)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(), FlowControlChecks())
    with contextlib.suppress(RuntimeError):  # the plugins' errors, which are in the report
        app.synth()
    report = json.loads((folder / "validation-report.json").read_text())["pluginReports"]
    entries = (entry for construct in stack.node.find_all() for entry in construct.node.metadata)
    return _Synthesized(
        template=folder / "Shop.template.json",
        has_warning=any(entry.type == "aws:cdk:warning" for entry in entries),
        report={each["pluginName"]: each["violations"] for each in report},
    )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """CDK prints every report, and what is unsafe here is so on purpose."""
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stderr(nowhere):
        yield


def _cfn_lint(files: Sequence[Path]) -> dict[Path, tuple[str, ...]]:
    command = ["cfn-lint", "--ignore-checks", "W3005", "--format", "json", "--", *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found: dict[Path, list[str]] = {file: [] for file in files}
    for each in json.loads(done.stdout or "[]"):
        found[Path(each["Filename"])].append(each["Rule"]["Id"])
    return {file: tuple(dict.fromkeys(rules)) for file, rules in found.items()}


if __name__ == "__main__":
    main()
