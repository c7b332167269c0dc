"""What stands in templates, as it was read."""

from pathlib import Path

import pytest

from constructs_lib.flow_control.checks.resources import External, Resource, Template, Unread, shown
from tests.helpers.plain_resources import of_type, template


@pytest.mark.parametrize(
    ("text", "service"),
    [
        ("arn:aws:sqs:eu-west-1:123456789012:orders", "sqs"),
        ("arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:orders", "lambda"),
        ("orders", None),
        ("https://sqs.eu-west-1.amazonaws.com/123456789012/orders", None),
    ],
)
def test_an_arn_tells_its_service(text: str, service: str | None) -> None:
    assert External(text).service == service


@pytest.mark.parametrize(
    "metadata", [None, "a text", {}, {"constructs-lib": "a text"}, {"constructs-lib": {"acknowledge": ["R3"]}}]
)
def test_metadata_of_another_shape_says_nothing(metadata: object) -> None:
    (resource,) = template({"Orders": {**of_type("AWS::SQS::Queue"), "Metadata": metadata}}).resources.values()

    assert resource.metadata("acknowledge") == {}


def test_metadata_is_what_stands_under_the_librarys_name() -> None:
    said = {"constructs-lib": {"acknowledge": {"R3": "it is fast"}}, "other": {"acknowledge": {"R4": "no"}}}
    (resource,) = template({"Orders": {**of_type("AWS::SQS::Queue"), "Metadata": said}}).resources.values()

    assert resource.metadata("acknowledge") == {"R3": "it is fast"}
    assert repr(resource) == "AWS::SQS::Queue Orders"


def test_a_template_is_given_with_all_that_it_nests() -> None:
    leaf = Template(file=Path("leaf"), stage="", body={}, directory=Path())
    middle = Template(file=Path("middle"), stage="", body={}, directory=Path(), nested={"Leaf": leaf})
    root = Template(file=Path("root"), stage="", body={"Outputs": []}, directory=Path(), nested={"Middle": middle})

    assert list(root.all_nested()) == [root, middle, leaf]
    assert root.section("Outputs") == root.section("Mappings") == {}


def test_resources_of_one_name_in_two_stages_are_two() -> None:
    one, other = (
        Resource(
            template=template({}, stage=stage), logical_id="Orders", type="AWS::SQS::Queue", body={}, path="Orders"
        )
        for stage in ("beta", "prod")
    )

    assert (one.stage, other.stage) == ("beta", "prod")
    assert one != other


def test_a_message_shows_a_value_or_its_beginning() -> None:
    assert shown({"a": 1}) == "{'a': 1}"
    assert shown("x" * 200) == f"'{'x' * 76}..."
    assert str(Unread(where="a.json", why="is empty")) == "a.json: is empty"
