import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template

from stacks.slow_courier_stack import SlowCourierStack
from tests.helpers.templates import function_of, permissions_of, refers_to, resources, the


def test_the_usage_plan_allows_ten_calls_a_second_with_a_burst_of_ten(courier: Template) -> None:
    _, plan = the(courier, "AWS::ApiGateway::UsagePlan")

    assert plan["Throttle"] == {"RateLimit": 10, "BurstLimit": 10}


def test_the_usage_plan_covers_the_stage_that_the_key_opens(courier: Template) -> None:
    plan_id, plan = the(courier, "AWS::ApiGateway::UsagePlan")
    stage_id, _ = the(courier, "AWS::ApiGateway::Stage")
    key_id, _ = the(courier, "AWS::ApiGateway::ApiKey", Enabled=True)
    _, link = the(courier, "AWS::ApiGateway::UsagePlanKey")

    assert refers_to(plan["ApiStages"], stage_id)
    assert (link["UsagePlanId"], link["KeyId"]) == ({"Ref": plan_id}, {"Ref": key_id})


def test_a_delivery_needs_the_key(courier: Template) -> None:
    _, method = the(courier, "AWS::ApiGateway::Method")

    assert method["HttpMethod"] == "POST"
    assert method["ApiKeyRequired"] is True


def test_the_key_is_generated_and_no_template_holds_it(courier: Template) -> None:
    secret_id, secret = the(courier, "AWS::SecretsManager::Secret")
    _, key = the(courier, "AWS::ApiGateway::ApiKey")

    generated = secret["GenerateSecretString"]
    # API Gateway takes 20 to 128 characters, and a header no arbitrary ones.
    assert 20 <= generated["PasswordLength"] <= 128
    assert generated["ExcludePunctuation"] is True
    assert key["Value"]["Fn::Join"][1] == [
        "{{resolve:secretsmanager:",
        {"Ref": secret_id},
        ":SecretString:::}}",
    ]


def test_the_method_calls_the_courier_function(courier: Template) -> None:
    function_id, _ = function_of(courier, "slow-courier")
    _, method = the(courier, "AWS::ApiGateway::Method")

    assert refers_to(method["Integration"]["Uri"], function_id)


def test_the_courier_fails_a_fifth_and_takes_up_to_two_seconds(courier: Template) -> None:
    _, function = function_of(courier, "slow-courier")

    variables = function["Environment"]["Variables"]
    assert (variables["FAILURE_SHARE"], variables["MAX_LATENCY"]) == ("0.2", "2")


def test_the_courier_may_do_nothing_but_log(courier: Template) -> None:
    _, function = function_of(courier, "slow-courier")

    actions = [action for statement in permissions_of(courier, function) for action in statement["Action"]]
    assert sorted(actions) == ["logs:CreateLogStream", "logs:PutLogEvents"]


def test_nothing_of_the_account_is_changed(courier: Template) -> None:
    """API Gateway's logging role is one for the whole account: a stack that sets it takes it from others."""
    assert resources(courier, "AWS::ApiGateway::Account") == {}


def test_another_courier_may_be_faster_slower_or_more_generous(app: cdk.App) -> None:
    stack = SlowCourierStack(app, "Courier", rate=3, burst=7, failure_share=0, max_latency=cdk.Duration.millis(1500))

    template = Template.from_stack(stack)
    _, function = function_of(template, "slow-courier")
    _, plan = the(template, "AWS::ApiGateway::UsagePlan")
    assert plan["Throttle"] == {"RateLimit": 3, "BurstLimit": 7}
    assert function["Environment"]["Variables"]["FAILURE_SHARE"] == "0"
    assert function["Environment"]["Variables"]["MAX_LATENCY"] == "1.5"
    assert (stack.rate, stack.burst) == (3, 7)


@pytest.mark.parametrize("share", [-0.1, 1.1, 20])
def test_a_failure_share_outside_0_to_1_is_refused(app: cdk.App, share: float) -> None:
    with pytest.raises(ValueError, match=rf"failure_share must be from 0 to 1, got {share:g}; .*fifth"):
        SlowCourierStack(app, "Courier", failure_share=share)


def test_a_latency_that_api_gateway_would_not_wait_for_is_refused(app: cdk.App) -> None:
    with pytest.raises(ValueError, match=r"max_latency must be at most 25 seconds, got 26 seconds; .*shorter"):
        SlowCourierStack(app, "Courier", max_latency=cdk.Duration.seconds(26))
