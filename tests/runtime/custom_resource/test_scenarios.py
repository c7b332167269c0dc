"""The catalogue of failures, row by row, on the table in memory; tests/emulator has the same on DynamoDB."""

import pytest

pytest.register_assert_rewrite("tests.runtime.custom_resource.scenarios")

from tests.runtime.custom_resource.scenarios import costs, deliveries, faults, records, requests  # noqa: E402 - rewritten first
from tests.runtime.custom_resource.scenarios.stage import Scenario, Stage  # noqa: E402 - likewise

SCENARIOS = [*deliveries.SCENARIOS, *requests.SCENARIOS, *records.SCENARIOS, *faults.SCENARIOS, *costs.SCENARIOS]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_outcome_is_the_one_of_the_catalogue(scenario: Scenario) -> None:
    scenario.play(Stage())


def test_no_row_of_the_catalogue_is_left_out() -> None:
    of_the_construct = {34}  # its dependencies, tested with it

    rows = {int(scenario.row) for scenario in SCENARIOS if scenario.row.isdigit()}

    assert rows == set(range(1, 38)) - of_the_construct
