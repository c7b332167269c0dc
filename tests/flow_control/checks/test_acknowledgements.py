"""Who overruled which finding, and why."""

import json
import os
from pathlib import Path

from constructs_lib.flow_control.checks.acknowledgements import Acknowledgements, Reasons, of_metadata
from constructs_lib.flow_control.checks.resources import Resource
from tests.helpers.plain_resources import of_type, template

_TYPE = "aws:cdk:acknowledged-rules"


def resource(folder: Path, path: str = "Shop/Orders", **acknowledge: object) -> Resource:
    body = {**of_type("AWS::SQS::Queue"), "Metadata": {"constructs-lib": {"acknowledge": acknowledge}}}
    within = template({}, file=str(folder / "Shop.template.json"))
    return Resource(template=within, logical_id="Orders", type="AWS::SQS::Queue", body=body, path=path)


def reasons(*resources: Resource, above: Reasons | None = None) -> Acknowledgements:
    return Acknowledgements(resources, known=["R3", "R4"], above=above or {})


def write_manifest(folder: Path, **acknowledged: dict[str, str]) -> None:
    """A manifest whose stack acknowledges rules, by the path of a construct with __ for each slash."""
    metadata = {
        f"/{path.replace('__', '/')}": [
            {"type": _TYPE, "data": {f"constructs-lib::{rule}": why for rule, why in given.items()}}
        ]
        for path, given in acknowledged.items()
    }
    (folder / "manifest.json").write_text(json.dumps({"artifacts": {"Shop": {"metadata": metadata}}}))


def test_the_resource_itself_or_another_that_the_rule_read_may_have_the_reason(tmp_path: Path) -> None:
    silent, other = resource(tmp_path, "Shop/Mapping"), resource(tmp_path, R3="it is fast")
    found = reasons(silent, other).of("R3", [silent, other])

    assert found is not None
    assert (found.reason, found.at, found.by_cdk) == ("it is fast", other, False)
    assert reasons(silent, other).of("R4", [silent, other]) is None


def test_what_cdk_wrote_down_counts_on_the_construct_and_below_it_and_first(tmp_path: Path) -> None:
    write_manifest(tmp_path, Shop={"R3": "of the stack"}, Shop__Orders={"R4": "of the queue"})
    queue, other = resource(tmp_path, R3="its own"), resource(tmp_path, "Shopping/Orders")

    found = [reasons(queue, other).of(rule, [each]) for each in (queue, other) for rule in ("R3", "R4")]

    assert [each and (each.reason, each.by_cdk) for each in found] == [
        ("of the stack", True),
        ("of the queue", True),
        None,
        None,
    ]


def test_what_is_acknowledged_above_the_stacks_counts_for_all_below(tmp_path: Path) -> None:
    queue = resource(tmp_path)

    found = reasons(queue, above={"": {"R3": "of the app"}}).of("R3", [queue])

    assert found is not None
    assert found.reason == "of the app"


def test_an_unknown_rule_and_an_empty_reason_are_named_once_and_do_not_count(tmp_path: Path) -> None:
    queue = resource(tmp_path, R99="never heard of it", R3="  ", R4="it holds")
    given = reasons(queue)

    assert given.of("R3", [queue]) is None
    unknown, empty = given.ignored([queue, queue])
    assert unknown.startswith("Shop/Orders acknowledges 'R99', which is none of the rules")
    assert empty == "Shop/Orders acknowledges R3 without a reason: say why it does not apply"


def test_what_could_not_be_checked_may_be_acknowledged_as_a_whole(tmp_path: Path) -> None:
    queue = resource(tmp_path, **{"not-checked": "it is another team's"})

    assert reasons(queue).of("not-checked", [queue]) is not None
    assert reasons(queue).ignored([queue]) == []


def test_a_manifest_that_is_broken_or_no_file_acknowledges_nothing(tmp_path: Path) -> None:
    queue = resource(tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    assert reasons(queue).of("R3", [queue]) is None

    (tmp_path / "manifest.json").unlink()
    os.mkfifo(tmp_path / "manifest.json")
    assert reasons(queue).of("R3", [queue]) is None


def test_only_what_is_for_this_library_is_read_of_cdks_metadata() -> None:
    data = {"constructs-lib::R3": "it is fast", "cdk-nag::R4": "no", "constructs-lib::R5": 5}

    assert of_metadata([{"type": _TYPE, "data": data}, {"type": "other", "data": data}, {"type": _TYPE}]) == {
        "R3": "it is fast"
    }
