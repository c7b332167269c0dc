"""IdempotentProvider: one CloudFormation request makes one resource, and the answers never disagree.

CloudFormation -> (asynchronously) -> your function, wrapped -> vendor
                      |  ^                |
                      |  +-- on failure   +-> table: one record for each resource
                      +-- twice more      +-> state machine that polls long work (polls=True)
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args

from aws_cdk import CfnResource, CustomResource, Duration, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct, IDependable

from constructs_lib import _alarms, _cdk, _findings, _functions, _records, _reporting, _validate
from constructs_lib._findings import Finding
from constructs_lib._names import physical_name
from constructs_lib._seen import apart
from constructs_lib._unknown import UNKNOWN
from constructs_lib.custom_resource import arguments, function, monitoring, polling, rules
from constructs_lib.custom_resource.polling import Polling
from constructs_lib.custom_resource.targets import Target
from constructs_lib.runtime.custom_resource.contract import LONGEST_INVOCATION, SERVICE_MARGIN, Settings

OnOrphan = Literal["delete", "report"]

_PREFIX = "constructs-lib/custom-resource"
#: An execution outlasts CloudFormation by the longest run of a function, so that its last tick may clean up.
_EXECUTION_MARGIN = SERVICE_MARGIN + LONGEST_INVOCATION
#: Step Functions allows names of 80 characters, DynamoDB longer ones.
_MAX_NAME = 80


class IdempotentProvider(monitoring.ProviderMetrics):
    """Makes custom resources with the author's function, one resource for each request, whatever Lambda does.

    Duplicates, crashes, time-outs and late returns lead to the same resource and the same answer. Where a function
    is killed between the vendor's work and its record, and the vendor offers neither token nor lookup, the answer is
    FAILED, and an alarm rings: never a second resource.

        provider = IdempotentProvider(self, "Provider", handler=function)   # handler = Elastigroup.as_handler()
        group = provider.custom_resource("Web", resource_type="Custom::Elastigroup", properties={"Name": "web"})
        group.get_att_string("Endpoint")

    The table has a name of CloudFormation's choice where the function is in the provider's stack. A function of another
    stack, or one that is imported, can know the table (and the state machine) by name only, so they have names of ours:
    stack name, id and a hash. With `RemovalPolicy.RETAIN` such a table outlives its stack, and a stack that is created
    again under the same name cannot create it again: pass the old one as `table`.

    Args:
        scope: The parent construct.
        id: The construct's id.
        handler: The function. Its handler is `as_handler()` of a
            `constructs_lib.runtime.custom_resource.ResourceHandler`; under "layer" the provider puts its own entry
            point before it, so that a module that cannot be imported is answered, too.
        total_timeout: The longest that one request takes in all, up to 59 minutes: three runs of the function and
            Lambda's three minutes of waiting between them must fit in. CloudFormation waits a minute longer. Default:
            15 minutes.
        polls: Whether the handler returns `InProgress` and has `poll`: creates a state machine that calls the function
            until the work is done. Default: False.
        on_orphan: What becomes of a resource that CloudFormation never learned of, such as one of a cancelled request:
            "delete" it, or "report" it (metric, alarm and log) and let it be. Default: "delete".
        grace: How much longer than the function may run another one keeps off its request: what a killed function sent
            may still arrive at the vendor, and clocks differ. Default: 10 seconds.
        table: An existing table, with the string partition key `pk` and no sort key. Providers may share one. Default:
            one is created.
        encryption_key: Encrypts the created table. Default: DynamoDB's key in this account.
        removal_policy: Of the created table. Default: RETAIN, since it knows of resources that are paid for.
        alarm_topic: Told when an alarm goes on or off. Default: nobody.
        runtime: How the handler's library reaches the function: "layer" adds a layer and an environment variable;
            "provided" trusts that the package is in the function, and sets the variable where it can (else see
            `environment`). Default: "layer".
        acknowledge: Findings to overrule, by rule and each with the reason: {"recovery": "..."}. What is wrong already
            when the provider is made is a ValueError all the same.

    Attributes:
        service_token: What CloudFormation calls: the function's ARN.
        table: The table of records.
        state_machine: What polls; None without `polls`.
        environment: What the function's environment needs, where the construct cannot set it.
        alarms: The alarms, the most urgent first.

    Raises:
        ValueError: An argument, or the function, is not usable; the message has the fix.
    """

    service_token: str
    table: dynamodb.ITable
    state_machine: sfn.IStateMachine | None
    environment: dict[str, str]
    alarms: list[cloudwatch.Alarm]

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        handler: lambda_.IFunction,
        total_timeout: Duration | None = None,
        polls: bool = False,
        on_orphan: OnOrphan = "delete",
        grace: Duration | None = None,
        table: dynamodb.ITable | None = None,
        encryption_key: kms.IKey | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
        alarm_topic: sns.ITopic | None = None,
        runtime: Literal["layer", "provided"] = "layer",
        acknowledge: Mapping[str, str] | None = None,
    ) -> None:
        # All that can be refused is refused before anything is made.
        _cdk.check_version()
        _validate.scope("scope", scope)
        function.check(scope, handler, runtime)
        self._acknowledge = _findings.check_acknowledgements(acknowledge, rules.IDS)
        self._handler = handler
        self._total_timeout = arguments.total_timeout(handler, total_timeout)
        self._grace = arguments.grace(grace)
        arguments.check_choice("polls", polls, (False, True))
        arguments.check_choice("on_orphan", on_orphan, get_args(OnOrphan))
        wish = _records.Wish(
            table=table, encryption_key=encryption_key, removal_policy=removal_policy, construct="provider"
        )
        _records.check(scope, handler, wish)
        _alarms.check_topic(alarm_topic)
        super().__init__(scope, id)

        self._name = physical_name(self, longest=_MAX_NAME)
        self.service_token = handler.function_arn
        is_near = isinstance(handler, lambda_.Function) and Stack.of(handler) is Stack.of(self)
        self.table = _records.obtain(self, wish, name=None if is_near else self._name)
        loop = self._poll(is_named=not is_near) if polls else None
        self.state_machine = loop.state_machine if loop else None
        settings = Settings(
            table_name=(None if is_near else _records.literal_name(self.table)) or self.table.table_name,
            provider=self._name,
            author_handler=function.author_handler(handler),
            total_timeout=self._total_timeout,
            grace=self._grace,
            on_orphan=on_orphan,
            state_machine_arn=loop.arn if loop else None,
        )
        self.environment = function.connect(handler, runtime, settings)
        policy = function.permit(self, handler, self._permissions())
        self._invoke_config = function.retry(self, handler, policy, max_event_age=self._service_timeout)
        self._needed: list[IDependable] = [self.table, self._invoke_config]
        self._needed += [policy] if policy else []
        self._needed += loop.parts if loop else []
        self.alarms = monitoring.create_alarms(self, topic=alarm_topic)
        _reporting.report(self, _PREFIX, lambda: self.findings)

    @property
    def findings(self) -> list[Finding]:
        """What the rules find in the provider as it is now: errors, which stop the synthesis, and warnings."""
        return _findings.acknowledged(rules.evaluate(self._facts()), self._acknowledge)

    def custom_resource(
        self,
        id: str,
        *,
        resource_type: str,
        properties: Mapping[str, Any] | None = None,
        scope: Construct | None = None,
    ) -> CustomResource:
        """Create a custom resource that the function makes.

        It waits for all that the function needs, and goes before that when its stack is deleted.

        Args:
            id: The construct's id.
            resource_type: Such as "Custom::Elastigroup".
            properties: What the handler gets as properties; CloudFormation makes strings of numbers and booleans.
            scope: The parent construct, in any stack of the function's region and account. Default: the provider.

        Raises:
            ValueError: The type or a property has a name that CloudFormation does not allow, a property has a value
                that no template can hold, or the scope is in a stack that the provider itself needs.
        """
        scope = self if scope is None else scope
        _validate.scope("scope", scope)
        arguments.check_resource(scope, resource_type, properties)
        self._check_scope(scope)
        resource = CustomResource(
            scope,
            id,
            service_token=self.service_token,
            resource_type=resource_type,
            properties=dict(properties or {}),
        )
        cfn = resource.node.default_child
        assert isinstance(cfn, CfnResource)  # noqa: S101 - narrows the type of what an L2 always has
        # Older CDKs have no parameter for it.
        cfn.add_property_override("ServiceTimeout", self._service_timeout)
        resource.node.add_dependency(*self._needed)
        return resource

    @property
    def _service_timeout(self) -> int:
        return self._total_timeout + SERVICE_MARGIN

    def _poll(self, *, is_named: bool) -> Polling:
        run = _functions.timeout(self._handler)
        return polling.create(
            self,
            self._handler,
            name=self._name,
            is_named=is_named,
            timeout=self._total_timeout + _EXECUTION_MARGIN,
            longest_lease=(LONGEST_INVOCATION if run is UNKNOWN else run) + self._grace,
        )

    def _permissions(self) -> list[iam.PolicyStatement]:
        found = _records.statements(self.table)
        if self.state_machine is not None:
            arn = self.state_machine.state_machine_arn
            found.append(iam.PolicyStatement(actions=["states:StartExecution"], resources=[arn]))
        return found

    def _check_scope(self, scope: Construct) -> None:
        theirs, ours = Stack.of(scope), Stack.of(self)
        is_imported = self._handler.node.default_child is None
        if theirs is Stack.of(self._handler) and not is_imported and not _is_within(ours, theirs):
            msg = (
                f"scope {scope.node.path} is in the stack of handler {self._handler.node.path}, which the provider's "
                f"stack ({ours.node.path}) needs, and the custom resource needs the provider: each stack would need "
                "the other; put the provider into the function's stack, or the custom resource into another"
            )
            raise ValueError(msg)
        for what, mine, other in apart(ours, theirs):
            msg = (
                f"scope {scope.node.path} is in {what} {other} and the provider in {what} {mine}: CloudFormation "
                "calls functions of its own region and this account; make a provider there"
            )
            raise ValueError(msg)

    def _facts(self) -> rules.Facts:
        target = Target(self._handler)
        return rules.Facts(
            handler=self._handler.node.path,
            total_timeout=self._total_timeout,
            function_timeout=_functions.timeout(self._handler),
            rivals=_refusal(lambda: function.refuse_rivals(target, self._invoke_config)),
            event_sources=_refusal(lambda: function.refuse_event_sources(target)),
            reserved_concurrency=_functions.reserved_concurrency(self._handler),
            takes_environment=function.takes_environment(self._handler),
            has_entry_point=function.has_entry_point(self._handler),
            role_is_known=self._handler.role is not None,
            table=self.table.node.path,
            is_restorable=_records.is_restorable(self.table),
            expires=_records.expires(self.table),
        )


def _refusal(check: Callable[[], None]) -> str | None:
    """What would have been refused at once, and came later; None when all is well."""
    try:
        check()
    except ValueError as refusal:
        return str(refusal)
    return None


def _is_within(stack: Stack, outer: Stack) -> bool:
    """Whether a stack is another, or nested in it."""
    inner: Stack | None = stack
    while inner is not None and inner is not outer:
        inner = inner.nested_stack_parent
    return inner is outer
