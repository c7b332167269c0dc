"""Apps whose settings are safe are not found fault with: ours, and those of plain aws-cdk-lib."""

import json
from collections.abc import Callable
from pathlib import Path

import aws_cdk as cdk
import pytest

from app import build
from constructs_lib import FlowControlChecks
from constructs_lib._findings import Level
from constructs_lib.flow_control.checks import templates
from constructs_lib.flow_control.checks.results import Results, check
from tests.helpers import safe_apps, safe_sources
from tests.helpers.synth import RECOMMENDED_FLAGS

Build = Callable[[cdk.App], object]

SAFE: tuple[Build, ...] = (*safe_apps.VISIBLE, *safe_sources.VISIBLE)


def checked(build: Build, folder: Path) -> Results:
    """What the checks say of an app's cdk.out."""
    app = cdk.App(outdir=str(folder / "cdk.out"), context=RECOMMENDED_FLAGS)
    build(app)
    app.synth()
    return check(templates.read([folder / "cdk.out"]))


def named(build: Build) -> str:
    return getattr(build, "__name__", "")


@pytest.mark.parametrize("build", SAFE, ids=named)
def test_a_safe_app_of_plain_cdk_is_not_found_fault_with(build: Build, tmp_path: Path) -> None:
    results = checked(build, tmp_path)

    assert results.found == ()
    assert results.not_checked == ()
    assert results.unread == ()


@pytest.mark.parametrize("build", safe_apps.HIDDEN, ids=named)
def test_what_cannot_be_seen_is_not_found_fault_with(build: Build, tmp_path: Path) -> None:
    results = checked(build, tmp_path)

    assert results.found == ()
    assert results.not_checked
    assert results.unread == ()


def test_all_of_them_in_one_app_are_not_found_fault_with_at_synth(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path), context=RECOMMENDED_FLAGS)
    for build_one in SAFE:
        build_one(app)
    cdk.Validations.of(app).add_plugins(FlowControlChecks())

    app.synth()

    reports = json.loads((tmp_path / "validation-report.json").read_text())["pluginReports"]
    assert [each["violations"] for each in reports if each["pluginName"] == "constructs-lib"] in ([], [[]])


def test_the_example_stacks_are_not_found_fault_with(tmp_path: Path) -> None:
    """What the order check without the library does wrong is acknowledged there: it is kept to show it."""
    results = checked(build, tmp_path)
    naive = [each for each in results.found if "WithoutClaim" in each.at.path]

    assert [each for each in results.found if each.acknowledged is None] == []
    assert {(each.rule, each.level) for each in naive} == {
        ("R7", Level.WARNING),  # three receives
        ("R38", Level.WARNING),  # an event that cannot be delivered is lost
        ("R44", Level.WARNING),  # no maximum concurrency
    }
    assert results.not_checked == ()
    assert results.unread == ()
    assert results.looked_at["mapping"] >= 5
