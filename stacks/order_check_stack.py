"""The order check: an order that nobody has accepted after five minutes is called about, once or not at all.

app -> API -> orders function -> bus -> DelayedCheck -> check function -> Twilio
                                             |  `-> bus of outcomes -> S3            |
                                             `-- report function <-- API <--report---'
"""

from aws_cdk import CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from constructs_lib.delayed_check import DelayedCheck, Downstream, Experiment
from stacks._rest_api import explain_caller
from stacks.order_check import (
    PROVIDER_URL,
    OrderDesk,
    add_outputs,
    lambda_integration,
    twilio_function,
    twilio_secret,
)

CALL, CONTROL = "call", "control"


class OrderCheckStack(Stack):
    """Orders are looked at when they are due, decided once, called about at most once, and never too late.

    Args:
        scope: The app or stage.
        id: The stack's id and name.
        provider_url: Twilio's address; default: the real one's.
        delay: From when an order was placed to when it is looked at; default: 5 minutes.
        deadline: From when an order was placed to when nobody may be called any more; default: 10 minutes.
        contacts_per_second: Calls that Twilio starts in a second for the account; default: 1.
        call_percent: Percentage of the open orders that are called about, 0 to 100; the others are the control;
            default: 50.
        function_timeout: After this the check function is killed; default: 10 seconds.

    Attributes:
        desk: API, table and bus of the orders.
        secret: The secret with the Twilio account.
        function: The check function.
        report: The function that takes Twilio's reports.
        check: What looks after the orders.
        archive: Where outcomes are kept: a bucket with an object for each minute that has some.
        reports_url: Where Twilio reports what came of a call, without order and token.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        provider_url: str = PROVIDER_URL,
        delay: Duration | None = None,
        deadline: Duration | None = None,
        contacts_per_second: float = 1,
        call_percent: int = 50,
        function_timeout: Duration | None = None,
    ) -> None:
        super().__init__(scope, id, description="Orders that are looked at after five minutes, and called about once")
        self.desk = OrderDesk(self, "Desk")
        self.secret = twilio_secret(self)
        self.reports_url = self._reports_url()
        self.function = self._check_function(provider_url, function_timeout or Duration.seconds(10))
        self.check = DelayedCheck(
            self,
            "DelayedCheck",
            handler=self.function,
            delay=delay or Duration.minutes(5),
            deadline=deadline or Duration.minutes(10),
            experiment=Experiment(
                key="order-check", arms={CALL: call_percent, CONTROL: 100 - call_percent}, control=CONTROL
            ),
            contact_rate=Downstream(
                calls_per_second=contacts_per_second,
                mean_latency=Duration.millis(400),
                # The account has the rate, and each of these stacks has an account of its own.
                name=f"the Twilio account of {id}",
            ),
            # The orders are made up; who calls real customers keeps the rows, which is the default.
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.check.add_event_rule(
            event_bus=self.desk.bus,
            event_pattern=self.desk.event_pattern,
            unit="$.detail.order_id",
            placed_at="$.detail.placed_at",
        )
        self.report = self._report(provider_url)
        self.archive = self.check.archive_outcomes(removal_policy=RemovalPolicy.DESTROY)
        self._add_outputs()

    def _reports_url(self) -> str:
        # Not the API's own `url`, which depends on the functions behind it: one of them needs this address.
        host = f"{self.desk.api.rest_api_id}.execute-api.{self.region}.{self.url_suffix}"
        return f"https://{host}/{self.desk.stage_name}/reports"

    def _check_function(self, provider_url: str, timeout: Duration) -> lambda_.Function:
        return twilio_function(
            self,
            "Check",
            source="order_check",
            timeout=timeout,
            provider_url=provider_url,
            secret=self.secret,
            orders=self.desk.table,
            environment={"REPORTS_URL": self.reports_url},
        )

    def _report(self, provider_url: str) -> lambda_.Function:
        report = twilio_function(
            self,
            "Report",
            source="order_check_report",
            timeout=Duration.seconds(10),
            provider_url=provider_url,
            secret=self.secret,
            environment={"REPORTS_URL": self.reports_url},
        )
        self.check.grant_record_outcome(report)
        place = self.desk.api.root.add_resource("reports").add_resource("{order_id}").add_resource("{token}")
        method = place.add_method("POST", lambda_integration(report))
        explain_caller(method, "the caller is Twilio, which signs its reports; the function checks the signature")
        return report

    def _add_outputs(self) -> None:
        functions = {"Check": self.function, "Report": self.report}
        add_outputs(self, desk=self.desk, secret=self.secret, functions=functions)
        check = self.check
        CfnOutput(self, "RowsTableName", value=check.table.table_name, description="One row an order")
        CfnOutput(self, "KillSwitchName", value=check.kill_switch.parameter_name, description="run, or stop")
        CfnOutput(self, "OutcomesBusName", value=check.outcomes.event_bus_name)
        CfnOutput(self, "OutcomesBucketName", value=self.archive.bucket.bucket_name)
        CfnOutput(self, "OutcomesPrefix", value=self.archive.prefix)
        for name, queue in {
            "Start": check.start_queue,
            "StartDeadLetter": check.start_dead_letter_queue,
            "Check": check.check_queue,
            "CheckDeadLetter": check.check_dead_letter_queue,
            "Contact": check.contacts.queue,
            "ContactDeadLetter": check.contacts.dead_letter_queue,
        }.items():
            if queue is not None:
                CfnOutput(self, f"{name}QueueUrl", value=queue.queue_url)
