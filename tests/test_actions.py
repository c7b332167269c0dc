"""IAM's statements: their actions, and what stands for a list."""

import pytest

from constructs_lib._actions import allow, as_list


@pytest.mark.parametrize(
    "actions",
    [["lambda:InvokeFunction"], ["*"], ["lambda:*"], ["lambda:Invoke*"], ["lambda:InvokeFunct???"], ["LAMBDA:invoke*"]],
    ids=str,
)
def test_an_action_is_allowed_by_its_name_and_by_patterns_in_any_case(actions: list[object]) -> None:
    assert allow(["sqs:SendMessage", *actions], "lambda:InvokeFunction")


@pytest.mark.parametrize(
    "actions", [[], ["lambda:InvokeFunctionUrl"], ["lambda:Get*"], ["sqs:*"], [None], [{"Ref": "Action"}]], ids=str
)
def test_no_other_action_allows_it(actions: list[object]) -> None:
    assert not allow(actions, "lambda:InvokeFunction")


def test_one_stands_for_a_list_of_one() -> None:
    assert [as_list(value) for value in (None, "a", ["a", "b"], [])] == [[], ["a"], ["a", "b"], []]
