"""What the checks find, could not check, and count as acknowledged."""

import json
from pathlib import Path
from typing import Any

import pytest

from constructs_lib._findings import Level
from constructs_lib.flow_control.checks import templates
from constructs_lib.flow_control.checks.results import Results, check
from tests.helpers.safe_template import template, write

UNSAFE: dict[str, object] = {"VisibilityTimeout": 30}
HIDDEN: dict[str, object] = {"VisibilityTimeout": {"Fn::GetAtt": ["Elsewhere", "Number"]}}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "shop.template.json"


def checked(file: Path, body: dict[str, Any]) -> Results:
    return check(templates.read([write(file, body)]))


def acknowledged(body: dict[str, Any], logical_id: str, reasons: object) -> dict[str, Any]:
    body["Resources"][logical_id]["Metadata"] = {"constructs-lib": {"acknowledge": reasons}}
    return body


def test_a_safe_template_has_nothing_to_say(file: Path) -> None:
    results = checked(file, template())

    assert not results.has_news
    assert (results.found, results.unread, results.not_checked, results.ignored) == ((), (), (), ())
    assert results.looked_at["mapping"] == 1


def test_a_finding_knows_where_it_is_and_what_it_read(file: Path) -> None:
    (found,) = checked(file, template(Orders=UNSAFE)).found

    assert (found.rule, found.level) == ("R3", Level.ERROR)
    assert "30 s" in found.message
    assert found.why
    assert found.source.startswith("http")
    assert found.fix
    assert (found.at.logical_id, found.at.template) == ("Mapping", file)
    assert {"Orders", "Consumer"} <= {each.logical_id for each in found.involved}


def test_a_finding_names_the_properties_of_its_resource(file: Path) -> None:
    (found,) = checked(file, template(Mapping={"ScalingConfig": {"MaximumConcurrency": 1001}})).errors

    assert found.locations == ("Properties.ScalingConfig.MaximumConcurrency",)


def test_errors_come_first(file: Path) -> None:
    body = template(Mapping={"FilterCriteria": {"Filters": [{"Pattern": "{}"}]}}, Orders=UNSAFE)

    levels = [each.level for each in checked(file, body).found]

    assert levels == [Level.ERROR, Level.WARNING]


@pytest.mark.parametrize("logical_id", ["Mapping", "Orders", "Consumer"])
def test_a_finding_is_acknowledged_on_whatever_it_read(file: Path, logical_id: str) -> None:
    results = checked(file, acknowledged(template(Orders=UNSAFE), logical_id, {"R3": "it is fast"}))

    assert results.errors == []
    assert [(each.rule, each.acknowledged) for each in results.acknowledged] == [("R3", "it is fast")]
    assert not results.has_news


@pytest.mark.parametrize(
    ("reasons", "words"),
    [
        ({"R999": "I know better"}, "'R999', which is none of the rules"),
        ({"R3": " "}, "R3 without a reason"),
    ],
)
def test_an_acknowledgement_that_does_not_count_is_named(file: Path, reasons: object, words: str) -> None:
    results = checked(file, acknowledged(template(Orders=UNSAFE), "Orders", reasons))

    assert [each.rule for each in results.errors] == ["R3"]
    (ignored,) = results.ignored
    assert words in ignored
    assert "Orders" in ignored


@pytest.mark.parametrize("reasons", [["R3"], "R3", {"R3": 3}, {"R3": None}, None, {}])
def test_an_acknowledgement_of_a_wrong_shape_does_not_count(file: Path, reasons: object) -> None:
    assert [each.rule for each in checked(file, acknowledged(template(Orders=UNSAFE), "Orders", reasons)).errors] == [
        "R3"
    ]


def test_what_cannot_be_seen_is_named_once_with_all_that_needs_it(file: Path) -> None:
    results = checked(file, template(Orders=HIDDEN))

    assert results.found == ()
    at = {each.at.logical_id: each for each in results.not_checked}
    assert {"R2", "R3"} <= set(at["Mapping"].rules)
    assert at["Mapping"].unseen == ("the visibility timeout",)


def test_what_cannot_be_checked_is_acknowledged_rule_by_rule_or_as_a_whole(file: Path) -> None:
    one = checked(file, acknowledged(template(Orders=HIDDEN), "Orders", {"R3": "seen by eye"}))
    whole = checked(file, acknowledged(template(Orders=HIDDEN), "Orders", {"not-checked": "seen by eye"}))

    assert [rule for each in one.not_checked for rule in each.rules].count("R3") == 0
    assert one.not_checked != ()
    assert whole.not_checked == ()


def assembly(folder: Path, entries: object, *, beside: bool = True) -> Path:
    """A cdk.out whose queue breaks R3, with what CDK wrote down about its constructs."""
    body = template(Orders=UNSAFE)
    for logical_id, resource in body["Resources"].items():
        resource["Metadata"] = {"aws:cdk:path": f"Shop/{logical_id}/Resource"}
    write(folder / "Shop.template.json", body)
    artifact: dict[str, Any] = {
        "type": "aws:cloudformation:stack",
        "properties": {"templateFile": "Shop.template.json"},
    }
    if beside:
        write(folder / "Shop.metadata.json", entries)
        artifact["additionalMetadataFile"] = "Shop.metadata.json"
    else:
        artifact["metadata"] = entries
    write(folder / "manifest.json", {"version": "36.0.0", "artifacts": {"Shop": artifact}})
    return folder


def told(reason: object = "it is fast", rule: str = "constructs-lib::R3") -> list[dict[str, Any]]:
    return [{"type": "aws:cdk:acknowledged-rules", "data": {rule: reason}}]


@pytest.mark.parametrize("beside", [True, False])
@pytest.mark.parametrize("path", ["/Shop/Orders", "/Shop/Orders/Resource", "/Shop/Mapping", "/Shop"])
def test_what_was_acknowledged_to_cdk_counts_in_its_assembly(tmp_path: Path, path: str, *, beside: bool) -> None:
    results = check(templates.read([assembly(tmp_path, {path: told()}, beside=beside)]))

    assert results.errors == []
    assert [each.acknowledged for each in results.acknowledged] == ["it is fast"]


@pytest.mark.parametrize(
    "entries",
    [
        {"/Shop/DeadLetters2": told()},
        {"/Shop/Orders": told(rule="AwsSolutions::R3")},
        {"/Shop/Orders": told(rule="constructs-lib::R4")},
        {"/Shop/Orders": told(reason=None)},
        {"/Shop/Orders": [{"type": "aws:cdk:acknowledged-rules", "data": ["constructs-lib::R3"]}]},
        {"/Shop/Orders": "constructs-lib::R3, aws:cdk:acknowledged-rules"},
        ["aws:cdk:acknowledged-rules"],
    ],
)
def test_what_was_not_acknowledged_stands(tmp_path: Path, entries: object) -> None:
    assert [each.rule for each in check(templates.read([assembly(tmp_path, entries)])).errors] == ["R3"]


def test_broken_metadata_of_cdk_acknowledges_nothing(tmp_path: Path) -> None:
    folder = assembly(tmp_path, {})
    (folder / "Shop.metadata.json").write_text('{"aws:cdk:acknowledged-rules": ')

    assert [each.rule for each in check(templates.read([folder])).errors] == ["R3"]


def test_two_assemblies_do_not_share_what_was_acknowledged(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    folders = [assembly(tmp_path / "one", {"/Shop": told()}), assembly(tmp_path / "two", {})]

    results = check(templates.read(folders))

    assert [each.at.template.parent.name for each in results.errors] == ["two"]
    assert [each.at.template.parent.name for each in results.acknowledged] == ["one"]


def test_what_is_acknowledged_above_the_stacks_is_passed_in(tmp_path: Path) -> None:
    app = templates.read([assembly(tmp_path, {})])

    results = check(app, acknowledged_above={"": {"R3": "all of them are fast"}})

    assert [each.acknowledged for each in results.acknowledged] == ["all of them are fast"]
    (found,) = results.acknowledged
    assert found.cdk_overrules_at is not None


def test_what_could_not_be_read_is_kept(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{")

    (unread,) = check(templates.read([tmp_path / "broken.json"])).unread

    assert "broken.json" in unread.where
    assert json.dumps(unread.why)
