"""What a deployment tells, and the demo reads."""

import pytest
from aws_cdk.assertions import Template

HUB = {
    "WebhookUrl",
    "NotificationFunctionName",
    "NotificationLogGroup",
    "DeliveryFunctionName",
    "DeliveryLogGroup",
}
ELASTIGROUP = {"ServiceToken", "FunctionName", "LogGroup", "GroupId", "GroupStatus", "EndpointParameter"}
ORDER_CHECK = {
    "ApiUrl",
    "OrdersTableName",
    "BusName",
    "TwilioSecretArn",
    "OrdersFunctionName",
    "OrdersLogGroup",
    "CheckFunctionName",
    "CheckLogGroup",
}
EXPECTED = {
    "SlowCourierStack": {"CourierUrl", "CourierFunctionName", "CourierLogGroup", "ApiKeySecretArn"},
    "OrderHubStack": {*HUB, "QueueUrl", "DeadLetterQueueUrl"},
    "OrderHubWithoutFlowControlStack": HUB,
    "SpotVendorStack": {"VendorUrl", "VendorFunctionName", "VendorLogGroup", "LedgerTableName", "ApiKeySecretArn"},
    "ElastigroupStack": {*ELASTIGROUP, "RecordsTableName"},
    "ElastigroupWithoutIdempotencyStack": ELASTIGROUP,
    "OrderCheckStack": {
        *ORDER_CHECK,
        "ReportFunctionName",
        "ReportLogGroup",
        "RowsTableName",
        "OutcomesBusName",
        "OutcomesBucketName",
        "KillSwitchName",
        "StartQueueUrl",
        "StartDeadLetterQueueUrl",
        "CheckQueueUrl",
        "CheckDeadLetterQueueUrl",
        "ContactQueueUrl",
        "ContactDeadLetterQueueUrl",
    },
    "OrderCheckWithoutClaimStack": {*ORDER_CHECK, "QueueUrl", "DeadLetterQueueUrl"},
}


@pytest.mark.parametrize("stack", EXPECTED)
def test_the_stack_says_where_it_can_be_reached(stack: str, templates: dict[str, Template]) -> None:
    assert set(templates[stack].to_json()["Outputs"]) >= EXPECTED[stack]
