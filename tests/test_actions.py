"""IAM's actions, as statements have them."""

import pytest

from constructs_lib._actions import allow


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
