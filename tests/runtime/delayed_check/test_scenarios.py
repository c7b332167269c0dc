"""The catalogue of failures (scenarios/README.md), row by row, in memory; tests/emulator has the same on DynamoDB."""

import re
from pathlib import Path

import pytest

from tests.runtime.delayed_check.scenarios import contacts, deliveries, faults
from tests.runtime.delayed_check.scenarios.stage import Scenario, Stage

SCENARIOS = [scenario for module in (deliveries, contacts, faults) for scenario in module.SCENARIOS]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_outcome_is_the_one_of_the_catalogue(scenario: Scenario) -> None:
    scenario.play(Stage())


def test_no_row_of_the_catalogue_is_left_out() -> None:
    catalogue = (Path(__file__).parent / "scenarios" / "README.md").read_text(encoding="utf-8")

    played = {int(scenario.row) for scenario in SCENARIOS if scenario.row.isdigit()}

    assert played == {int(row) for row in re.findall(r"^\| (\d+) \|", catalogue, re.MULTILINE)}
