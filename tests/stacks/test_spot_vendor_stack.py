from aws_cdk.assertions import Template

from tests.helpers.lambda_src import load
from tests.helpers.templates import function_of, permissions_of, refers_to, resources, routes, the


def test_groups_can_be_made_looked_up_read_changed_and_deleted(vendor: Template) -> None:
    assert set(routes(vendor)) == {
        ("POST", "/{mode}/groups"),
        ("GET", "/{mode}/groups"),
        ("GET", "/{mode}/groups/{id}"),
        ("PUT", "/{mode}/groups/{id}"),
        ("DELETE", "/{mode}/groups/{id}"),
    }


def test_each_call_needs_the_key_and_reaches_the_vendors_function(vendor: Template) -> None:
    function_id, _ = function_of(vendor, "spot-vendor")

    for method in routes(vendor).values():
        assert method["ApiKeyRequired"] is True
        assert refers_to(method["Integration"]["Uri"], function_id)


def test_the_gateway_checks_that_a_body_is_a_group(vendor: Template) -> None:
    model_id, model = the(vendor, "AWS::ApiGateway::Model")

    assert model["Schema"]["required"] == ["name", "region", "capacity"]
    for (verb, _), method in routes(vendor).items():
        assert (method.get("RequestModels") == {"application/json": {"Ref": model_id}}) == (verb in {"POST", "PUT"})


def test_the_key_opens_the_stage_without_a_limit(vendor: Template) -> None:
    """How many calls a customer may make is the courier's story."""
    stage_id, _ = the(vendor, "AWS::ApiGateway::Stage")
    secret_id, _ = the(vendor, "AWS::SecretsManager::Secret")
    key_id, key = the(vendor, "AWS::ApiGateway::ApiKey", Enabled=True)
    plan_id, plan = the(vendor, "AWS::ApiGateway::UsagePlan")
    _, link = the(vendor, "AWS::ApiGateway::UsagePlanKey")

    assert refers_to(key["Value"], secret_id)
    assert refers_to(plan["ApiStages"], stage_id)
    assert "Throttle" not in plan
    assert (link["UsagePlanId"], link["KeyId"]) == ({"Ref": plan_id}, {"Ref": key_id})


def test_the_tables_have_the_keys_that_the_function_uses_and_go_with_the_stack(vendor: Template) -> None:
    _, function = function_of(vendor, "spot-vendor")
    variables = function["Environment"]["Variables"]

    for variable, key in {"GROUPS_TABLE": "id", "TOKENS_TABLE": "client_token"}.items():
        table = resources(vendor, "AWS::DynamoDB::Table")[variables[variable]["Ref"]]
        assert table["Properties"]["KeySchema"] == [{"AttributeName": key, "KeyType": "HASH"}]
        assert table["DeletionPolicy"] == "Delete"


def test_the_vendor_can_forget_no_group(vendor: Template) -> None:
    _, function = function_of(vendor, "spot-vendor")

    actions = {action for statement in permissions_of(vendor, function) for action in statement["Action"]}
    assert {each for each in actions if each.startswith("dynamodb:")} == {
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "dynamodb:Scan",
    }


def test_the_ledger_is_the_table_of_groups(vendor: Template) -> None:
    _, function = function_of(vendor, "spot-vendor")

    outputs = vendor.to_json()["Outputs"]
    assert outputs["LedgerTableName"]["Value"] == function["Environment"]["Variables"]["GROUPS_TABLE"]


def test_the_slowest_group_is_made_before_the_gateway_gives_up(vendor: Template) -> None:
    _, function = function_of(vendor, "spot-vendor")

    assert load("spot_vendor").module.LONGEST_LATENCY < function["Timeout"] <= 29
