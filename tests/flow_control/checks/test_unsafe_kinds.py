"""Each kind of what is unsafe is found, and nothing else is, in apps of plain aws-cdk-lib that have it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import aws_cdk as cdk
import pytest

from benchmarks.bench_unsafe_kinds import Verdict, count
from benchmarks.unsafe_kinds import OTHERS, THE_24, Kind
from constructs_lib.flow_control import rules
from constructs_lib.flow_control.checks import templates
from constructs_lib.flow_control.checks.results import Results, check

ROOT = Path(__file__).resolve().parents[3]
BENCHMARK = ROOT / "benchmarks" / "bench_unsafe_kinds.py"


def checked(kind: Kind, folder: Path) -> Results:
    """What the checks say of the kind's cdk.out."""
    app = cdk.App(outdir=str(folder))
    stack = cdk.Stack(app, "Shop")
    (kind.around or kind.build)(stack)
    app.synth()
    return check(templates.read([folder]))


def named(kind: Kind) -> str:
    return f"{kind.rule} {kind.what}"


@pytest.mark.parametrize("kind", [*THE_24, *OTHERS], ids=named)
def test_a_kind_is_found_and_nothing_besides(kind: Kind, tmp_path: Path) -> None:
    results = checked(kind, tmp_path)

    assert {each.rule for each in results.found} == {kind.rule, *kind.follows}
    assert results.not_checked == ()
    assert results.unread == ()


@pytest.mark.parametrize("kind", [kind for kind in [*THE_24, *OTHERS] if kind.around], ids=named)
def test_what_is_made_past_cdk_is_what_cdk_refuses(kind: Kind) -> None:
    with pytest.raises(RuntimeError):
        kind.build(cdk.Stack(cdk.App(), "Shop"))


def test_the_24_are_of_24_rules_and_no_rule_about_templates_is_without_a_kind() -> None:
    ids = [kind.rule for kind in THE_24]

    assert len(set(ids)) == 24
    assert {*ids, *(kind.rule for kind in OTHERS)} == {
        rule.id for rule in rules.RULES if rule.is_decidable_from_a_template
    }


def test_the_peers_find_as_few_as_is_said() -> None:
    """With CDK's own validation, which other tests have off."""
    env = {name: value for name, value in os.environ.items() if name != "CDK_VALIDATION"}

    done = subprocess.run(
        [sys.executable, str(BENCHMARK), "--json"], cwd=ROOT, env=env, capture_output=True, text=True, check=True
    )

    found = json.loads(done.stdout)
    the_24, others = (count([Verdict(**each) for each in found[name]]) for name in ("the 24", "others"))
    assert the_24 == "of 24: CDK 5 (3 rejected, 2 warned), cfn-lint 4, cdk-nag 1, FlowControlChecks 24"
    assert others == "of 15: CDK 4 (3 rejected, 1 warned), cfn-lint 3, cdk-nag 0, FlowControlChecks 15"
    assert [each for name in found for each in found[name] if each["besides"]] == []
