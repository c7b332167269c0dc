"""cdk-nag and cfn-lint over flows with everything that they can have."""

from pathlib import Path
from typing import Any

import pytest
from aws_cdk import aws_kms as kms

from tests.helpers.provider import least_privileged
from tests.helpers.static_checks import lint, nag
from tests.helpers.synth import ANY_ORDER, FLAGS, flow, new_app, new_stack, with_everything


@pytest.mark.parametrize("encrypted", [False, True])
@FLAGS
def test_cdk_nag_finds_nothing(flags: dict[str, Any], encrypted: bool) -> None:
    app = new_app(**flags)
    stack = new_stack(scope=app)
    key = kms.Key(stack, "Key", enable_key_rotation=True) if encrypted else None

    with_everything(stack, consumer=least_privileged(stack), encryption_key=key)

    assert nag(app) == []


@FLAGS
def test_cdk_nag_is_told_why_what_eventbridge_could_not_deliver_has_no_further_queue(flags: dict[str, Any]) -> None:
    app = new_app(**flags)
    flow(new_stack(scope=app), fifo=True).add_event_rule(event_pattern=ANY_ORDER, message_group_id="shop")

    assert not [where for rule, where in nag(app) if "UndeliverableEvents" in str(where)]


@FLAGS
def test_cfn_lint_finds_nothing(flags: dict[str, Any], tmp_path: Path) -> None:
    app = new_app(**flags)
    stack = new_stack("Shop", scope=app)
    with_everything(stack, consumer=least_privileged(stack))
    fifo = new_stack("Fifo", scope=app)
    ordered = flow(fifo, fifo=True, consumer=least_privileged(fifo), encryption_key=kms.Key(fifo, "Key"))
    ordered.add_event_rule(event_pattern=ANY_ORDER, message_group_id="orders")

    assert lint([stack, fifo], tmp_path) == ("", 0)
