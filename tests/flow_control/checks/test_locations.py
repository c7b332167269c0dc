"""Where facts are read from."""

from dataclasses import fields
from pathlib import Path

import pytest

from constructs_lib.flow_control.checks import locations, templates
from constructs_lib.flow_control.checks.subjects import subjects
from constructs_lib.flow_control.facts import Facts, FunctionFacts
from tests.helpers.safe_template import template, write


@pytest.mark.parametrize("kind", locations._PROPERTIES, ids=lambda kind: kind.__name__)
def test_properties_are_those_of_facts_that_exist(kind: type[Facts]) -> None:
    assert set(locations._PROPERTIES[kind]) <= {field.name for field in fields(kind)}


def test_only_what_is_set_on_the_resource_itself_is_a_location(tmp_path: Path) -> None:
    app = templates.read([write(tmp_path / "shop.json", template(Consumer={"ReservedConcurrentExecutions": 5}))])
    (function,) = app.of_type("AWS::Lambda::Function")
    facts = FunctionFacts(
        reserved_concurrency=5,
        mapped_concurrency=10,
        timeout_is_set=True,
        memory_is_set=True,
        async_destination=None,
        has_other_triggers=False,
    )

    found = locations.locations(facts, ["reserved_concurrency", "mapped_concurrency", "async_destination"], function)

    assert found == ("Properties.ReservedConcurrentExecutions",)


def test_every_number_of_a_mapping_that_is_a_property_has_a_location(tmp_path: Path) -> None:
    pollers = {"MinimumPollers": 2, "MaximumPollers": 20}
    app = templates.read(
        [write(tmp_path / "shop.json", template(Mapping={"ProvisionedPollerConfig": pollers, "BatchSize": 5}))]
    )
    (facts, mapping), *_ = ((each.facts, each.resource) for each in subjects(app))

    assert locations.locations(facts, ["maximum_pollers", "messages_called_for", "batch_size"], mapping) == (
        "Properties.ProvisionedPollerConfig.MaximumPollers",
        "Properties.BatchSize",
    )
