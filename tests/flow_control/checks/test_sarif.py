"""The results as SARIF, by what the specification asks of them."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from constructs_lib._findings import Level
from constructs_lib.flow_control import rules
from constructs_lib.flow_control.checks.resources import Unread
from constructs_lib.flow_control.checks.results import Place, Results
from constructs_lib.flow_control.checks.sarif import as_sarif
from tests.helpers.results import QUEUE, UNSEEN, broken, results

TEMPLATE = """{
 "Resources": {
  "Orders": {
   "Type": "AWS::SQS::Queue"
  },
  "OrdersToo": {
   "Type": "AWS::SQS::Queue"
  }
 }
}
"""


def run_of(given: Results) -> dict[str, Any]:
    log = json.loads(as_sarif(given))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    assert isinstance(run, dict)
    return run


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.chdir(tmp_path)
    template = tmp_path / "my stack.json"
    template.write_text(TEMPLATE)
    return Place(path="Shop/OrdersToo", type="AWS::SQS::Queue", template=template, logical_id="OrdersToo")


def test_every_rule_is_described_once_with_help() -> None:
    described = run_of(results())["tool"]["driver"]["rules"]

    assert [each["id"] for each in described] == rules.rule_ids()
    assert all(each["help"]["text"] and each["shortDescription"]["text"] for each in described)
    assert {each["defaultConfiguration"]["level"] for each in described} == {"error", "warning"}


def test_a_finding_points_to_the_line_of_its_resource_and_to_its_rule(place: Place) -> None:
    run = run_of(results(broken("R3", at=place), broken("R7", at=place, level=Level.WARNING)))

    error, warning = run["results"]
    assert (error["level"], warning["level"]) == ("error", "warning")
    assert run["tool"]["driver"]["rules"][error["ruleIndex"]]["id"] == error["ruleId"] == "R3"
    (location,) = error["locations"]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == "my%20stack.json"
    assert location["physicalLocation"]["region"]["startLine"] == 6
    assert location["logicalLocations"][0]["fullyQualifiedName"] == "Shop/OrdersToo"


def test_a_template_on_one_line_is_pointed_to_as_a_whole(place: Place) -> None:
    place.template.write_text(json.dumps(json.loads(TEMPLATE)))

    (result,) = run_of(results(broken(at=place)))["results"]

    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == 1


def test_what_sam_makes_of_a_function_is_pointed_to_at_the_function(place: Place) -> None:
    made = [replace(place, logical_id=name) for name in ("OrdersTooMapping", "OrdersMapping", "Another")]

    found = run_of(results(*(broken(at=each) for each in made)))["results"]

    assert [each["locations"][0]["physicalLocation"]["region"]["startLine"] for each in found] == [6, 3, 1]


def test_a_template_that_is_not_below_the_current_folder_has_a_whole_uri(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")

    (result,) = run_of(results(broken(at=place)))["results"]

    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == place.template.as_uri()


def test_an_acknowledged_finding_is_suppressed_with_its_reason(place: Place) -> None:
    (result,) = run_of(results(broken(at=place, acknowledged="once is enough")))["results"]

    assert result["suppressions"] == [{"kind": "inSource", "justification": "once is enough"}]


def test_a_standing_finding_is_not_suppressed(place: Place) -> None:
    (result,) = run_of(results(broken(at=place)))["results"]

    assert "suppressions" not in result


def test_what_was_not_checked_or_read_is_a_notification_of_the_run() -> None:
    unread = Unread(where="a.json", why="it is no JSON", is_whole_file=True)

    (invocation,) = run_of(results(not_checked=(UNSEEN,), unread=(unread,), ignored=("Q says 'R99'",)))["invocations"]

    words = [each["message"]["text"] for each in invocation["toolExecutionNotifications"]]
    assert any("R4, R5 not checked" in each for each in words)
    assert any("a.json: it is no JSON" in each for each in words)
    assert "Q says 'R99'" in words
    assert invocation["executionSuccessful"] is False
    assert run_of(results())["invocations"][0]["executionSuccessful"] is True


def test_what_else_was_read_is_related(place: Place) -> None:
    queue = Place(path=QUEUE.path, type=QUEUE.type, template=place.template, logical_id="Orders")

    (result,) = run_of(results(broken(at=place, involved=(queue,))))["results"]

    (related,) = result["relatedLocations"]
    assert related["physicalLocation"]["region"]["startLine"] == 3
