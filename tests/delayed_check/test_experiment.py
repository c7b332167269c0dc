"""An experiment that could not be evaluated is refused."""

import re
from typing import Any

import pytest
from aws_cdk import Aws, Token

import constructs_lib
from constructs_lib.delayed_check import DelayedCheck, Experiment
from constructs_lib.runtime.delayed_check import contract
from constructs_lib.runtime.delayed_check.bucketing import bucket
from tests.helpers.check import check, told
from tests.helpers.synth import function, new_stack

GOOD: dict[str, Any] = {"key": "call", "arms": {"call": 50, "control": 50}, "control": "control"}


def test_the_root_has_both_names() -> None:
    assert (constructs_lib.DelayedCheck, constructs_lib.Experiment) == (DelayedCheck, Experiment)


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"key": ""}, r"key must be 1 to 64 letters.*got ''"),
        ({"key": "a#b"}, r"key must be .*got 'a#b'"),
        ({"key": "a@1"}, r"key must be .*got 'a@1'"),
        ({"key": "a*"}, r"key must be"),
        ({"key": "ä"}, r"key must be"),
        ({"key": "x" * 65}, r"key must be"),
        ({"key": 7}, r"key must be .*got 7"),
        ({"key": "a\n"}, r"key must be"),
        ({"key": Aws.REGION}, r"key must be"),
        ({"version": 0}, r"version must be .* at least 1, got 0"),
        ({"version": 1.5}, r"version must be a whole number of at least 1, got 1.5"),
        ({"version": "2"}, r"version must be .*got '2'"),
        ({"version": True}, r"version must be"),
        ({"version": Token.as_number({"Ref": "Version"})}, r"version must be a number known at synth, got a token"),
        ({"arms": {}}, r"arms must be weights by arm"),
        ({"arms": [("call", 50)]}, r"arms must be weights by arm"),
        ({"arms": {"call": 50, "control": 49}}, r"must add up to 100, got 99"),
        ({"arms": {"call": 50.0, "control": 50}}, r"weight of arm 'call' must be a whole number .*got 50.0"),
        ({"arms": {"call": True, "control": 99}}, r"weight of arm 'call'"),
        ({"arms": {"call": 150, "control": -50}}, r"weight of arm 'control' .*got -50"),
        ({"arms": {"call": Token.as_number({"Ref": "Share"}), "control": 50}}, r"weight of arm 'call' must be"),
        ({"arms": {"": 50, "control": 50}}, r"an arm's name must be"),
        ({"arms": {"call me": 50, "control": 50}}, r"an arm's name must be .*got 'call me'"),
        ({"arms": {"control": 100}}, r"arms must be at least 2, got .*add one"),
        ({"control": "nobody"}, r"control must be one of the arms, 'call' or 'control', got 'nobody'"),
        ({"control": None}, r"control must be one of the arms"),
        ({"control": ["control"]}, r"control must be one of the arms"),
    ],
    ids=repr,
)
def test_what_cannot_be_evaluated_is_refused(wrong: dict[str, Any], match: str) -> None:
    with pytest.raises(ValueError, match=match) as refused:
        Experiment(**{**GOOD, **wrong})

    said = str(refused.value)
    assert said[0].islower()
    assert not said.endswith(".")


def test_the_arms_that_were_checked_are_those_that_are_deployed() -> None:
    arms = {"call": 50, "control": 50}
    experiment = Experiment(key="call", arms=arms, control="control")
    arms["call"] = 99

    assert experiment.as_settings().arms == {"call": 50, "control": 50}


def test_the_function_draws_what_the_author_declared() -> None:
    stack = new_stack()
    handler = function(stack)
    experiment = Experiment(key="sms", version=3, arms={"a": 20, "b": 30, "none": 50}, control="none")

    check(stack, handler=handler, experiment=experiment)

    known = told(handler).experiment
    assert known is not None
    assert known == contract.Experiment(key="sms", version=3, arms={"a": 20, "b": 30, "none": 50}, control="none")
    assert bucket(known.key, known.version, "order-1", known.arms) in experiment.arms


def test_the_name_of_a_key_stays_within_what_policies_and_filters_match() -> None:
    """The policy matches keys by pattern and the stream by prefix: no key may be the beginning of another's row."""
    assert not re.search(r"[#@*?]", "".join(c for c in map(chr, range(33, 127)) if _allowed(c)))


def _allowed(character: str) -> bool:
    try:
        Experiment(**{**GOOD, "key": character})
    except ValueError:
        return False
    return True
