"""The author's function: what it must be, and how the runtime, its settings and its permissions reach it."""

import re
from collections.abc import Sequence
from typing import Literal

from aws_cdk import Stack, Token
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from constructs_lib._assets import existing_layer, runtime_layer
from constructs_lib.flow_control.facts import UNKNOWN, Unknown, seen
from constructs_lib.runtime.flow_control.contract import ENVIRONMENT_PREFIX, Settings

#: How runtime code reaches the function; see the construct's docstring.
RuntimeDelivery = Literal["layer", "provided", "none"]

_MAX_LAYERS = 5
#: What Lambda takes where a function is silent: seconds, and MB.
_DEFAULT_TIMEOUT, _DEFAULT_MEMORY = 3.0, 128
#: The minor version of Python 3 that the runtime needs.
_OLDEST_PYTHON = 11
_VENDOR_IT = 'vendor the package (pip install --no-deps constructs-lib) and pass runtime="provided"'


def check(scope: Construct, consumer: lambda_.IFunction, runtime: RuntimeDelivery) -> None:
    """Refuse a function that the construct cannot serve; CDK accepts some of these and the deploy then fails.

    Raises:
        ValueError: With what is wrong, and the fix.
    """
    if runtime not in ("layer", "provided", "none"):
        msg = f'runtime must be "layer", "provided" or "none", got {runtime!r}'
        raise ValueError(msg)
    if not hasattr(consumer, "function_arn"):
        msg = f"consumer must be a Lambda function (lambda_.Function or IFunction), got {consumer!r}"
        raise ValueError(msg)
    _check_environment(scope, consumer)
    _check_role(consumer)
    if runtime == "layer":
        _check_takes_layer(consumer)
    elif runtime == "provided" and isinstance(consumer, lambda_.Function):
        _check_language(consumer, custom_is_fine=True)


def connect(
    scope: Construct,
    consumer: lambda_.IFunction,
    runtime: RuntimeDelivery,
    *,
    settings: Settings,
    statements: Sequence[iam.PolicyStatement],
) -> tuple[dict[str, str], iam.Policy | None]:
    """Give the function its permissions, its settings and the runtime, as far as this app may change it.

    Returns:
        The environment variables that the function needs, and the policy that its mapping must wait for; None when
        the function's role cannot be seen.
    """
    # The role's default policy would be in the function's stack, and refer from there to the queue: a cycle, since the
    # mapping beside the queue refers to the function.
    policy = (
        None
        if consumer.role is None
        else iam.Policy(scope, "ConsumerPolicy", roles=[consumer.role], statements=list(statements))
    )
    if runtime == "none":
        return {}, policy
    # The name differs between the flows that one function may serve.
    environment = {f"{ENVIRONMENT_PREFIX}{scope.node.addr[-8:].upper()}": settings.to_json()}
    if isinstance(consumer, lambda_.Function):
        for name, value in environment.items():
            consumer.add_environment(name, value)
        if runtime == "layer":
            _add_layer(consumer)
    return environment, policy


def timeout(consumer: lambda_.IFunction) -> float | Unknown:
    """The function's timeout in seconds."""
    resource = consumer.node.default_child
    # The resource's, not the construct's: an Aspect or an escape hatch may have changed it.
    return seen(resource.timeout, default=_DEFAULT_TIMEOUT) if isinstance(resource, lambda_.CfnFunction) else UNKNOWN


def memory_size(consumer: lambda_.IFunction) -> int:
    """The function's memory in MB; Lambda's default where it cannot be seen."""
    resource = consumer.node.default_child
    size = resource.memory_size if isinstance(resource, lambda_.CfnFunction) else None
    known = seen(size, default=_DEFAULT_MEMORY)
    return int(_DEFAULT_MEMORY if known is UNKNOWN else known)


def reserved_concurrency(consumer: lambda_.IFunction) -> int | Unknown | None:
    """The function's reserved concurrency; None when there is none."""
    resource = consumer.node.default_child
    if not isinstance(resource, lambda_.CfnFunction):
        return UNKNOWN
    if resource.reserved_concurrent_executions is None:
        return None
    reserved = seen(resource.reserved_concurrent_executions, default=0)
    return UNKNOWN if reserved is UNKNOWN else int(reserved)


def _check_environment(scope: Construct, consumer: lambda_.IFunction) -> None:
    here, there = Stack.of(scope), consumer.env
    for name, mine, other in (("region", here.region, there.region), ("account", here.account, there.account)):
        same = mine == other or (Token.is_unresolved(mine) and Token.is_unresolved(other))
        imported_unknown = not isinstance(consumer, lambda_.Function) and (
            Token.is_unresolved(mine) or Token.is_unresolved(other)
        )
        if not same and not imported_unknown:
            msg = (
                f"consumer {consumer.node.path} is in {name} {_shown(other)} and the flow in {name} {_shown(mine)}: "
                f"an event source mapping needs both in one region and account; give both stacks the same env"
            )
            raise ValueError(msg)


def _shown(value: str) -> str:
    return "unknown (an environment-agnostic stack)" if Token.is_unresolved(value) else value


def _check_role(consumer: lambda_.IFunction) -> None:
    if consumer.role is not None and _is_immutable(consumer.role):
        msg = (
            f"the role of consumer {consumer.node.path} cannot be changed, so the function could not read the queue: "
            "import it with mutable=True, let the function have a role of its own, "
            "or use the role itself and not without_policy_updates()"
        )
        raise ValueError(msg)


def _is_immutable(role: iam.IRole) -> bool:
    # CDK keeps the class to itself; what shows is the id that it gives to the wrapper, or to the role wrapped.
    parent = role.node.scope
    return role.node.id.startswith("ImmutableRole") or (
        parent is not None and parent.node.try_find_child(f"MutableRole{role.node.id}") is not None
    )


def _check_takes_layer(consumer: lambda_.IFunction) -> None:
    path = consumer.node.path
    if isinstance(consumer, (lambda_.Alias, lambda_.Version)):
        msg = f"consumer {path} is an alias or a version, which takes no layer: pass its function, or {_VENDOR_IT}"
        raise ValueError(msg)  # noqa: TRY004 - one kind of error for every bad argument
    if not isinstance(consumer, lambda_.Function):
        msg = (
            f"consumer {path} is imported (or no lambda_.Function), so no layer and no environment can be added to it: "
            f"pass a lambda_.Function of this app, or {_VENDOR_IT}"
        )
        raise ValueError(msg)  # noqa: TRY004 - one kind of error for every bad argument
    if consumer.runtime.name == lambda_.Runtime.FROM_IMAGE.name:
        msg = f"consumer {path} is a container image, which takes no layer: in the image, {_VENDOR_IT}"
        raise ValueError(msg)
    _check_language(consumer, custom_is_fine=False)
    if len(_layers(consumer)) >= _MAX_LAYERS and existing_layer(consumer, "flow_control") is None:
        msg = (
            f"consumer {path} has {_MAX_LAYERS} layers, Lambda's limit, so the runtime's does not fit: "
            f"merge two of them, or {_VENDOR_IT}"
        )
        raise ValueError(msg)


def _check_language(consumer: lambda_.Function, *, custom_is_fine: bool) -> None:
    name = consumer.runtime.name
    python = re.fullmatch(r"python3\.(\d+)", name)
    is_custom = name == lambda_.Runtime.FROM_IMAGE.name or name.startswith("provided")
    if (python and int(python[1]) >= _OLDEST_PYTHON) or (is_custom and custom_is_fine):
        return
    msg = (
        f"consumer {consumer.node.path} runs on {name}, the handler of this library on Python 3.11 or newer: use such "
        'a function, or runtime="none" (any language, concurrency only, no promise about retries and rate)'
    )
    raise ValueError(msg)


def _add_layer(consumer: lambda_.Function) -> None:
    layer = runtime_layer(consumer, "flow_control")
    # Another flow may have added it.
    if Stack.of(consumer).resolve(layer.layer_version_arn) not in _layers(consumer):
        consumer.add_layers(layer)


def _layers(consumer: lambda_.Function) -> list[object]:
    resource = consumer.node.default_child
    assert isinstance(resource, lambda_.CfnFunction)  # noqa: S101 - narrows the type of what an L2 always has
    return list(Stack.of(consumer).resolve(resource.layers) or [])
