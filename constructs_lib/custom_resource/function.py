"""The author's function: whose it is, how Lambda retries it, and how the runtime, settings and permissions reach it."""

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from constructs_lib import _functions
from constructs_lib._functions import RuntimeDelivery
from constructs_lib._seen import same
from constructs_lib.custom_resource.monitoring import ProviderMetrics
from constructs_lib.custom_resource.targets import Target
from constructs_lib.runtime.custom_resource.contract import ENTRY_POINT, ENVIRONMENT, Settings

#: How often Lambda delivers an event again whose invocation failed: its most.
RETRIES = 2
#: The version of a function that is called where none is named.
_LATEST = "$LATEST"

_SLICE = "custom_resource"
_TERMS = _functions.Terms(
    function="handler",
    construct="provider",
    needs_both_here="the provider lets the function write its table, and CloudFormation calls functions of its own "
    "region",
    without_role="write the provider's table",
    runtimes=("layer", "provided"),
)


def check(scope: Construct, handler: lambda_.IFunction, runtime: RuntimeDelivery) -> None:
    """Refuse a function that the provider cannot serve.

    Raises:
        ValueError: With what is wrong, and the fix.
    """
    _functions.check(scope, handler, runtime, slice_name=_SLICE, terms=_TERMS)
    target = Target(handler)
    refuse_rivals(target)
    refuse_event_sources(target)
    if _handler_of(handler) == ENTRY_POINT:
        msg = (
            f"handler {handler.node.path} has this library's entry point as its Handler, and which handler of yours "
            "that should call is not known: set your own (module.attribute), the provider replaces it"
        )
        raise ValueError(msg)


def refuse_rivals(target: Target, own: lambda_.CfnEventInvokeConfig | None = None) -> None:
    """Refuse a function that is retried in another way than the provider's.

    Args:
        target: The function.
        own: The provider's own asynchronous invoke configuration, once there is one.

    Raises:
        ValueError: It belongs to another provider, or the app has such a configuration for it.
    """
    handler = target.handler
    rivals = [config for config in _invoke_configs(target) if own is None or config.node.path != own.node.path]
    for owner in (rival.node.scope for rival in rivals):
        if isinstance(owner, ProviderMetrics):
            msg = (
                f"handler {handler.node.path} belongs to provider {owner.node.path} already, and settings and retries "
                "are a function's: use custom_resource() of that provider, or give this one a function of its own"
            )
            raise ValueError(msg)  # noqa: TRY004 - one kind of error for every bad argument
    if rivals:
        msg = (
            f"handler {handler.node.path} has an asynchronous invoke configuration "
            f"({', '.join(rival.node.path for rival in rivals)}), and the provider needs the only one that a function "
            "may have, for the retries and for the answer after the last one: remove it (configure_async_invoke, or "
            "retry_attempts, max_event_age, on_failure, on_success of the function), or use another function"
        )
        raise ValueError(msg)


def _invoke_configs(target: Target) -> list[lambda_.CfnEventInvokeConfig]:
    """The app's asynchronous invoke configurations of the function."""
    _, qualifier = _target(target.handler)
    return [
        config
        for config in target.named_by(lambda_.CfnEventInvokeConfig)
        if same(target.handler, qualifier, config, config.qualifier)
    ]


def refuse_event_sources(target: Target) -> None:
    """Refuse a function that consumes a queue or a stream.

    Raises:
        ValueError: The app has an event source mapping for it.
    """
    mappings = target.named_by(lambda_.CfnEventSourceMapping)
    if mappings:
        msg = (
            f"handler {target.handler.node.path} consumes a queue or a stream "
            f"({', '.join(mapping.node.path for mapping in mappings)}), and a provider's function serves "
            "CloudFormation only: it would raise for each batch until the messages expire or are dead-lettered; "
            "remove the event source (add_event_source, EventSourceMapping, FlowControlledQueue), or give the "
            "provider a function of its own"
        )
        raise ValueError(msg)


def takes_entry_point(handler: lambda_.IFunction) -> bool:
    """Whether Lambda can be made to call this library's entry point, and that the author's handler."""
    return isinstance(handler, lambda_.Function) and _functions.is_python(handler)


def takes_environment(handler: lambda_.IFunction) -> bool:
    """Whether the provider can set the function's environment."""
    return isinstance(handler, lambda_.Function)


def has_entry_point(handler: lambda_.IFunction) -> bool:
    """Whether Lambda surely calls this library's entry point; what an image says itself cannot be seen."""
    resource = handler.node.default_child
    if not isinstance(resource, lambda_.CfnFunction):
        return False
    image = Stack.of(handler).resolve(resource.image_config) or {}
    return ENTRY_POINT in (resource.handler, *(image.get("command") or []))


def author_handler(handler: lambda_.IFunction) -> str | None:
    """The author's own handler, "module.attribute"; None where the provider leaves the function's Handler alone."""
    return _handler_of(handler) if takes_entry_point(handler) else None


def connect(handler: lambda_.IFunction, runtime: RuntimeDelivery, settings: Settings) -> dict[str, str]:
    """Give the function the runtime and its settings, as far as this app may change it.

    Returns:
        The environment variables that the function needs.
    """
    environment = {ENVIRONMENT: settings.to_json()}
    _functions.equip(handler, runtime, slice_name=_SLICE, environment=environment)
    resource = handler.node.default_child
    if takes_entry_point(handler) and isinstance(resource, lambda_.CfnFunction):
        resource.handler = ENTRY_POINT
    return environment


def permit(
    scope: Construct, handler: lambda_.IFunction, statements: Sequence[iam.PolicyStatement]
) -> iam.Policy | None:
    """Let the function do what the statements say, and be called after its last retry.

    Not by the role's default policy: the function waits for that one, which would name the function (a cycle), and it
    is in the function's stack, which may be another.

    Returns:
        The policy; None when the function's role cannot be seen.
    """
    if handler.role is None:
        return None
    itself = iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[handler.function_arn])
    return iam.Policy(scope, "Policy", roles=[handler.role], statements=[*statements, itself])


def retry(
    scope: Construct, handler: lambda_.IFunction, policy: iam.Policy | None, *, max_event_age: int
) -> lambda_.CfnEventInvokeConfig:
    """Have Lambda deliver a failed event twice more, and after that once as a record of the failure."""
    name, qualifier = _target(handler)
    destination = lambda_.CfnEventInvokeConfig.OnFailureProperty(destination=handler.function_arn)
    config = lambda_.CfnEventInvokeConfig(
        scope,
        "AsyncInvokeConfig",
        function_name=name,
        qualifier=qualifier,
        maximum_retry_attempts=RETRIES,
        maximum_event_age_in_seconds=max_event_age,
        destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(on_failure=destination),
    )
    if policy is not None:
        # Lambda tries the permission when the configuration is created.
        config.node.add_dependency(policy)
    return config


def _target(handler: lambda_.IFunction) -> tuple[str, str]:
    """Name and qualifier of what CloudFormation calls."""
    if isinstance(handler, lambda_.Alias):
        return handler.lambda_.function_name, handler.alias_name
    if isinstance(handler, lambda_.Version):
        return handler.lambda_.function_name, handler.version
    return handler.function_name, _LATEST


def _handler_of(handler: lambda_.IFunction) -> str | None:
    resource = handler.node.default_child
    return resource.handler if isinstance(resource, lambda_.CfnFunction) else None
