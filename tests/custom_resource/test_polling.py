"""The loop that polls: what it calls when, what it outlasts, and what it writes down."""

import json
from collections.abc import Sequence
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import Duration

from constructs_lib.runtime.custom_resource.contract import DONE, NEXT_IN, TICK
from tests.helpers.provider import joined, provider
from tests.helpers.state_machine import Execution, TaskFailed
from tests.helpers.synth import function, new_stack, of_type, statements, the

FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:groups"
STARTED: dict[str, Any] = {"function": FUNCTION, TICK: {"pk": "stack|Web", "request_id": "request-1"}, NEXT_IN: 5}
TICKED = {TICK: STARTED[TICK]}
KILLED = TaskFailed("Sandbox.Timedout", "Task timed out after 10.00 seconds")
THROTTLED = TaskFailed("Lambda.TooManyRequestsException")


def machine(**props: Any) -> dict[str, Any]:  # noqa: ANN401 - as the construct has
    stack = new_stack()
    provider(stack, polls=True, **props)
    return the(stack, "AWS::StepFunctions::StateMachine")


def definition(**props: Any) -> dict[str, Any]:  # noqa: ANN401 - as the construct has
    found: dict[str, Any] = json.loads(joined(machine(**props)["DefinitionString"]))
    return found


def later(seconds: int) -> dict[str, Any]:
    return {DONE: False, NEXT_IN: seconds}


class Lambda:
    """Answers with what it is told, the last for ever."""

    def __init__(self, answers: Sequence[object]) -> None:
        self.answers = list(answers)
        self.calls: list[Any] = []
        self.times: list[float] = []

    def __call__(self, name: str, payload: object, now: float) -> object:
        assert name == FUNCTION
        self.calls.append(payload)
        self.times.append(now)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, TaskFailed):
            raise answer
        return answer


def run(*answers: object, **props: Any) -> tuple[str, Lambda, Execution]:  # noqa: ANN401 - as the construct has
    function_ = Lambda(answers)
    execution = Execution(definition(**props), function_)
    return execution.run(STARTED), function_, execution


def test_it_ticks_when_the_handler_asked_for_it_until_the_work_is_done() -> None:
    end, called, _ = run(later(30), later(10), {DONE: True})

    assert end == "SUCCEEDED"
    assert called.calls == [TICKED] * 3
    assert called.times == [5, 35, 45]


def test_a_tick_that_is_killed_is_tried_again() -> None:
    end, called, execution = run(later(1), KILLED, KILLED, {DONE: True})

    assert end == "SUCCEEDED"
    assert called.calls == [TICKED] * 4
    assert "GiveUp" not in execution.path


def test_throttles_do_not_use_up_the_retries_of_killed_ticks() -> None:
    end, _, execution = run(*[THROTTLED] * 6, *[KILLED] * 3, {DONE: True})

    assert end == "SUCCEEDED"
    assert "GiveUp" not in execution.path


def test_after_the_last_retry_the_function_answers_without_the_author() -> None:
    retries = definition()["States"]["Tick"]["Retry"][1]["MaxAttempts"]

    end, called, execution = run(*[KILLED] * (1 + retries), {DONE: True})

    assert end == "SUCCEEDED"
    assert called.calls[:-1] == [TICKED] * (1 + retries)
    assert called.calls[-1] == {TICK: {**STARTED[TICK], "cause": "Sandbox.Timedout"}}
    assert execution.path[-2:] == ["GiveUp", "Done"]


def test_giving_up_is_tried_again_too() -> None:
    retries = definition()["States"]["Tick"]["Retry"][1]["MaxAttempts"]

    end, called, _ = run(*[KILLED] * (1 + retries), KILLED, THROTTLED, KILLED, {DONE: True})

    assert end == "SUCCEEDED"
    assert len([call for call in called.calls if "cause" in call[TICK]]) == 4


def test_a_loop_that_cannot_even_give_up_fails_where_it_can_be_seen() -> None:
    end, _, _ = run(KILLED)

    assert end == "FAILED"


@pytest.mark.parametrize(("seconds", "grace"), [(3, 1), (10, 10), (60, 10), (240, 10), (900, 60)])
def test_the_retries_outlast_the_lease_of_a_tick_that_was_killed(seconds: int, grace: int) -> None:
    stack = new_stack()
    handler = function(stack, timeout=Duration.seconds(seconds))
    provider(stack, handler=handler, grace=Duration.seconds(grace), total_timeout=Duration.minutes(59), polls=True)
    found = json.loads(joined(the(stack, "AWS::StepFunctions::StateMachine")["DefinitionString"]))
    retries = found["States"]["Tick"]["Retry"][1]["MaxAttempts"]

    called = Lambda([KILLED] * retries + [{DONE: True}])
    execution = Execution(found, called)

    assert execution.run(STARTED) == "SUCCEEDED"
    assert called.times[-1] - called.times[0] >= seconds + grace


def test_an_execution_ends_a_bit_after_cloudformation_has_stopped_waiting() -> None:
    found = definition(total_timeout=Duration.minutes(20))

    assert 1200 + 60 < found["TimeoutSeconds"] <= 1200 + 60 + 900


def test_it_is_a_standard_state_machine_that_does_not_know_the_function() -> None:
    stack = new_stack()
    handler = function(stack)
    provider(stack, handler=handler, polls=True)
    (found,) = of_type(stack, "AWS::StepFunctions::StateMachine").values()

    text = json.dumps(found)
    assert found["Properties"]["StateMachineType"] == "STANDARD"
    assert stack.resolve(handler.function_arn)["Fn::GetAtt"][0] not in text
    # Its policy names the function: a state machine that waits for it would be a cycle.
    assert "DependsOn" not in found


def test_every_transition_is_logged_and_nothing_of_what_it_carries() -> None:
    stack = new_stack()
    provider(stack, polls=True)

    found = the(stack, "AWS::StepFunctions::StateMachine")
    (group,) = of_type(stack, "AWS::Logs::LogGroup")

    assert found["LoggingConfiguration"] == {
        "Level": "ALL",
        "IncludeExecutionData": False,
        "Destinations": [{"CloudWatchLogsLogGroup": {"LogGroupArn": {"Fn::GetAtt": [group, "Arn"]}}}],
    }
    assert found["TracingConfiguration"] == {"Enabled": True}
    assert the(stack, "AWS::Logs::LogGroup")["LogGroupName"].startswith("/aws/vendedlogs/states/Shop-Provider-")


def test_its_role_may_call_the_function_and_only_logs_and_traces_are_without_a_resource() -> None:
    stack = new_stack()
    handler = function(stack)
    found = provider(stack, handler=handler, polls=True)

    assert statements(found.node.find_child("StateMachinePolicy")) == [
        {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": stack.resolve(handler.function_arn)}
    ]
    (role,) = [
        each["Properties"] for each in of_type(stack, "AWS::IAM::Role").values() if "Policies" in each["Properties"]
    ]
    (policy,) = role["Policies"]
    services = {action.split(":")[0] for each in policy["PolicyDocument"]["Statement"] for action in each["Action"]}
    assert services == {"logs", "xray"}
    assert "*" not in json.dumps([each["Action"] for each in policy["PolicyDocument"]["Statement"]])


def test_a_function_whose_timeout_is_unknown_may_run_as_long_as_lambda_allows() -> None:
    stack = new_stack()
    handler = function(stack, timeout=Duration.seconds(cdk.Token.as_number(cdk.Fn.ref("Seconds"))))
    provider(stack, handler=handler, polls=True)

    found = json.loads(joined(the(stack, "AWS::StepFunctions::StateMachine")["DefinitionString"]))

    retries = found["States"]["Tick"]["Retry"][1]["MaxAttempts"]
    assert 2 * (2**retries - 1) >= 900
