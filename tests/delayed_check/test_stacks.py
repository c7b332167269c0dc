"""Where function, check, producers and webhooks may be: no arrangement that is accepted is a cycle."""

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import Duration, NestedStack, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns

from constructs_lib.delayed_check import DelayedCheck
from tests.helpers.check import HALF, check, rows_table, told
from tests.helpers.provider import cycle_in, stacks_needed_by
from tests.helpers.synth import FLAGS, check_deployable, function, imports, new_app, new_stack, of_type, properties

LONG: dict[str, Any] = {"delay": Duration.minutes(20), "deadline": Duration.minutes(40)}
PLACED = events.EventPattern(detail_type=["OrderPlaced"])


def in_stacks(stacks: dict[str, Stack], places: str, **props: Any) -> DelayedCheck:  # noqa: ANN401 - as the construct has
    """A check with all that uses it: where its function, it, a producer, a webhook and the bus are, in this order."""
    handler, scope, producer, webhook, bus = (stacks[name] for name in places.split())
    found = check(scope, handler=function(handler), experiment=HALF, **props)
    found.add_event_rule(event_bus=events.EventBus(bus, "Bus"), event_pattern=PLACED)
    found.grant_start(function(producer, "Producer"))
    found.grant_record_outcome(function(webhook, "Webhook"))
    found.archive_outcomes()
    return found


@FLAGS
@pytest.mark.parametrize(
    "places", ["A A A A A", "A B A A A", "A B C C C", "A A B B B", "A B B B B", "A B A C A", "A A B C A", "B A C A B"]
)
def test_stacks_never_need_each_other(flags: dict[str, Any], places: str) -> None:
    app = new_app(**flags)
    stacks: dict[str, Stack] = {name: new_stack(name, scope=app) for name in "ABC"}
    topic = sns.Topic(new_stack("Topics", scope=app), "Alarms", enforce_ssl=True)

    in_stacks(stacks, places, alarm_topic=topic, **LONG)

    assert cycle_in(app) == []
    check_deployable(app)


@pytest.mark.parametrize("places", ["one two one one one", "one parent one one one", "one one two parent two"])
def test_nested_stacks_never_need_each_other(places: str) -> None:
    app = new_app()
    parent = new_stack("Parent", scope=app)
    stacks: dict[str, Stack] = {"parent": parent} | {name: NestedStack(parent, name.title()) for name in ("one", "two")}

    in_stacks(stacks, places, **LONG)

    assert cycle_in(app) == []
    check_deployable(app)


def test_the_stack_of_everybody_else_needs_nothing_of_the_check_s() -> None:
    """A producer whose bus the check listens to would be a cycle, did its variables refer to the queue."""
    app = new_app()
    shop, stack = new_stack("Functions", scope=app), new_stack(scope=app)

    in_stacks({"A": shop, "B": stack}, "A B A A A", encryption_key=kms.Key(stack, "Key"))

    assert not imports(shop)
    assert stacks_needed_by(shop) == []
    assert stacks_needed_by(stack) == ["Functions"]
    assert of_type(shop, "AWS::IAM::Policy") == {}
    assert of_type(shop, "AWS::Lambda::EventSourceMapping") == {}
    assert len(of_type(shop, "AWS::Lambda::LayerVersion")) == 1
    assert cycle_in(app) == []


def test_what_a_function_of_another_stack_knows_by_name_is_what_there_is() -> None:
    env = cdk.Environment(account="123456789012", region="eu-west-1")
    app = new_app()
    shop, stack = new_stack("Functions", scope=app, env=env), new_stack(scope=app, env=env)
    handler = function(shop)

    found = check(stack, handler=handler)
    known = told(handler)

    assert known.table_name == properties(found.table)["TableName"]
    assert known.kill_switch == properties(found.kill_switch)["Name"]
    for queue, arn in (
        (found.check_queue, known.check_queue_arn),
        (found.contacts.queue, known.contact_queue_arn),
    ):
        assert arn == f"arn:aws:sqs:eu-west-1:123456789012:{properties(queue)['QueueName']}"


def test_names_differ_between_deployments_of_one_tree_and_between_checks() -> None:
    def names(stack_name: str, id_: str) -> set[str]:
        found = check(new_stack(stack_name=stack_name), id_)
        queues = (found.start_queue, found.check_queue, found.contacts.queue)
        named = {str(properties(queue)["QueueName"]) for queue in queues}
        return named | {found.name, properties(found.table)["TableName"], properties(found.kill_switch)["Name"]}

    one, two, other = names("Shop-1", "Check"), names("Shop-2", "Check"), names("Shop-1", "Other")

    assert len(one | two | other) == len(one) + len(two) + len(other)
    assert one == names("Shop-1", "Check")


def test_the_queues_of_a_check_have_its_id_in_their_names() -> None:
    """Whoever is on call has names, not paths."""
    found = check(new_stack("Shop"), "OrderCheck")

    for queue in (found.start_queue, found.check_queue, found.contacts.queue, found.contacts.dead_letter_queue):
        assert queue is not None
        assert properties(queue)["QueueName"].startswith("Shop-OrderCheck-")


def test_a_table_of_the_author_s_is_known_by_its_own_name() -> None:
    app = new_app()
    shop, stack = new_stack("Functions", scope=app), new_stack(scope=app)
    handler = function(shop)

    check(stack, handler=handler, table=rows_table(stack, table_name="rows"))

    assert told(handler).table_name == "rows"
    assert cycle_in(app) == []


def test_a_table_without_a_name_cannot_be_known_to_a_function_that_its_stack_needs() -> None:
    app = new_app()
    stack = new_stack(scope=app)

    with pytest.raises(ValueError, match=r"table Shop/Rows has no name of its own and handler .*set table_name on"):
        check(stack, handler=function(new_stack("Functions", scope=app)), table=rows_table(stack))


def test_nor_to_a_webhook_that_its_stack_needs() -> None:
    app = new_app()
    stack = new_stack(scope=app)
    found = check(stack, table=rows_table(stack))
    webhook = function(new_stack("Functions", scope=app), "Webhook")

    with pytest.raises(
        ValueError, match=r"table Shop/Rows has no name of its own and fn Functions/Webhook .*set table_"
    ):
        found.grant_record_outcome(webhook)
    found.grant_start(webhook)

    check_deployable(app)


def test_stages_do_not_meet() -> None:
    app = new_app()
    for name in ("Test", "Production"):
        stage = cdk.Stage(app, name)
        check(Stack(stage, "Shop"), handler=function(Stack(stage, "Functions")), **LONG)

    check_deployable(app)


def by_reference(stack: Stack, functions: Stack) -> None:
    """The obvious way: the queue's ARN in the function's environment."""
    handler = function(functions)
    found = check(stack, handler=handler)
    handler.add_environment("CHECKS", found.check_queue.queue_arn)


def by_its_own_policy(stack: Stack, functions: Stack) -> None:
    handler = function(functions)
    assert handler.role is not None
    check(stack, handler=handler).check_queue.grant_send_messages(handler)


@pytest.mark.parametrize("naive", [by_reference, by_its_own_policy])
def test_the_obvious_ways_are_cycles(naive: Callable[[Stack, Stack], None]) -> None:
    app = new_app()
    naive(new_stack(scope=app), new_stack("Functions", scope=app))

    with pytest.raises(RuntimeError, match=r"cyclic"):
        app.synth()
