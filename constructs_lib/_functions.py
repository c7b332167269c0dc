"""The author's function: what it must be, and how the runtime and its settings reach it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from weakref import WeakKeyDictionary

from aws_cdk import Stack, Token
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from constructs_lib._assets import layers_with, runtime_layer
from constructs_lib._seen import seen
from constructs_lib._unknown import UNKNOWN, Unknown

#: How runtime code reaches the function; see the constructs' docstrings.
RuntimeDelivery = Literal["layer", "provided", "none"]

#: How to do without the layer.
VENDOR_IT = 'vendor the package (pip install --no-deps constructs-lib) and pass runtime="provided"'

_MAX_LAYERS = 5
#: What Lambda takes where a function is silent: seconds, and MB.
_DEFAULT_TIMEOUT, _DEFAULT_MEMORY = 3.0, 128
#: The shortest values of CloudFormation's pseudo parameters.
_SHORTEST = {"AWS::Partition": "aws", "AWS::Region": "xx-east-1", "AWS::AccountId": "1" * 12}
#: The minor version of Python 3 that the runtime needs.
_OLDEST_PYTHON = 11

#: What the library has set, by function.
_variables: WeakKeyDictionary[lambda_.IFunction, dict[str, str]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a construct calls things when it refuses a function.

    Attributes:
        function: The parameter that takes the function.
        construct: The construct.
        needs_both_here: Why function and construct must be in one region and account.
        without_role: What the function could not do with a role that cannot be changed.
        runtimes: What the construct's `runtime` may be.
        other_languages: What to do about a function in another language, besides using one in Python.
    """

    function: str
    construct: str
    needs_both_here: str
    without_role: str
    runtimes: tuple[RuntimeDelivery, ...]
    other_languages: str = ""


def check(
    scope: Construct, function: lambda_.IFunction, runtime: RuntimeDelivery, *, slice_name: str, terms: Terms
) -> None:
    """Refuse a function that a construct cannot serve; CDK accepts some of these and the deploy then fails.

    Raises:
        ValueError: With what is wrong, and the fix.
    """
    if runtime not in terms.runtimes:
        *others, last = (f'"{name}"' for name in terms.runtimes)
        msg = f"runtime must be {', '.join(others)} or {last}, got {runtime!r}"
        raise ValueError(msg)
    if not hasattr(function, "function_arn"):
        msg = f"{terms.function} must be a Lambda function (lambda_.Function or IFunction), got {function!r}"
        raise ValueError(msg)
    _check_environment(scope, function, terms)
    _check_role(function, terms)
    if runtime == "layer":
        _check_takes_layer(function, slice_name, terms)
    elif runtime == "provided" and isinstance(function, lambda_.Function):
        _check_language(function, terms, custom_is_fine=True)


def equip(
    function: lambda_.IFunction, runtime: RuntimeDelivery, *, slice_name: str, environment: Mapping[str, str]
) -> None:
    """Give the function its settings and, under "layer", the runtime, as far as this app may change it."""
    if not isinstance(function, lambda_.Function):
        return
    for name, value in environment.items():
        function.add_environment(name, value)
    _variables.setdefault(function, {}).update(environment)
    if runtime == "layer":
        _add_layer(function, slice_name)


def timeout(function: lambda_.IFunction) -> float | Unknown:
    """The function's timeout in seconds."""
    resource = function.node.default_child
    # The resource's, not the construct's: an Aspect or an escape hatch may have changed it.
    return seen(resource.timeout, default=_DEFAULT_TIMEOUT) if isinstance(resource, lambda_.CfnFunction) else UNKNOWN


def memory_size(function: lambda_.IFunction) -> int:
    """The function's memory in MB; Lambda's default where it cannot be seen."""
    resource = function.node.default_child
    size = resource.memory_size if isinstance(resource, lambda_.CfnFunction) else None
    known = seen(size, default=_DEFAULT_MEMORY)
    return int(_DEFAULT_MEMORY if known is UNKNOWN else known)


def reserved_concurrency(function: lambda_.IFunction) -> int | Unknown | None:
    """The function's reserved concurrency; None when there is none."""
    resource = function.node.default_child
    if not isinstance(resource, lambda_.CfnFunction):
        return UNKNOWN
    if resource.reserved_concurrent_executions is None:
        return None
    reserved = seen(resource.reserved_concurrent_executions, default=0)
    return UNKNOWN if reserved is UNKNOWN else int(reserved)


def environment_size(function: lambda_.IFunction) -> int:
    """Bytes that the variables have at least which the library has set on a function, names and values.

    The author's own are not in it, because CDK does not show them before the synthesis.
    """
    stack = Stack.of(function)
    return sum(
        len(part.encode())
        for name, value in _variables.get(function, {}).items()
        for part in (name, *_literals(stack.resolve(value)))
    )


def _literals(value: object) -> list[str]:
    """What is literal in a resolved text, and the shortest that the account's own parameters can be."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping) and "Fn::Join" in value:
        return [text for part in value["Fn::Join"][1] for text in _literals(part)]
    return [_SHORTEST.get(str(value.get("Ref")), "")] if isinstance(value, Mapping) else []


def is_python(function: lambda_.Function) -> bool:
    """Whether the function runs on a Python that the runtime runs on, from a zip file."""
    python = re.fullmatch(r"python3\.(\d+)", function.runtime.name)
    return python is not None and int(python[1]) >= _OLDEST_PYTHON


def _check_environment(scope: Construct, function: lambda_.IFunction, terms: Terms) -> None:
    here, there = Stack.of(scope), function.env
    for name, mine, other in (("region", here.region, there.region), ("account", here.account, there.account)):
        same = mine == other or (Token.is_unresolved(mine) and Token.is_unresolved(other))
        imported_unknown = not isinstance(function, lambda_.Function) and (
            Token.is_unresolved(mine) or Token.is_unresolved(other)
        )
        if not same and not imported_unknown:
            msg = (
                f"{terms.function} {function.node.path} is in {name} {_shown(other)} and the {terms.construct} in "
                f"{name} {_shown(mine)}: {terms.needs_both_here}; give both stacks the same env"
            )
            raise ValueError(msg)


def _shown(value: str) -> str:
    return "unknown (an environment-agnostic stack)" if Token.is_unresolved(value) else value


def _check_role(function: lambda_.IFunction, terms: Terms) -> None:
    if function.role is not None and _is_immutable(function.role):
        msg = (
            f"the role of {terms.function} {function.node.path} cannot be changed, so the function could not "
            f"{terms.without_role}: import it with mutable=True, let the function have a role of its own, "
            "or use the role itself and not without_policy_updates()"
        )
        raise ValueError(msg)


def _is_immutable(role: iam.IRole) -> bool:
    # CDK keeps the class to itself; what shows is the id that it gives to the wrapper, or to the role wrapped.
    parent = role.node.scope
    return role.node.id.startswith("ImmutableRole") or (
        parent is not None and parent.node.try_find_child(f"MutableRole{role.node.id}") is not None
    )


def _check_takes_layer(function: lambda_.IFunction, slice_name: str, terms: Terms) -> None:
    named = f"{terms.function} {function.node.path}"
    if isinstance(function, (lambda_.Alias, lambda_.Version)):
        msg = f"{named} is an alias or a version, which takes no layer: pass its function, or {VENDOR_IT}"
        raise ValueError(msg)  # noqa: TRY004 - one kind of error for every bad argument
    if not isinstance(function, lambda_.Function):
        msg = (
            f"{named} is imported (or no lambda_.Function), so no layer and no environment can be added to it: "
            f"pass a lambda_.Function of this app, or {VENDOR_IT}"
        )
        raise ValueError(msg)  # noqa: TRY004 - one kind of error for every bad argument
    if function.runtime.name == lambda_.Runtime.FROM_IMAGE.name:
        msg = f"{named} is a container image, which takes no layer: in the image, {VENDOR_IT}"
        raise ValueError(msg)
    _check_language(function, terms, custom_is_fine=False)
    if len(_layers(function)) >= _MAX_LAYERS and not _has_runtime(function, slice_name):
        msg = (
            f"{named} has {_MAX_LAYERS} layers, Lambda's limit, so the runtime's does not fit: "
            f"merge two of them, or {VENDOR_IT}"
        )
        raise ValueError(msg)


def _check_language(function: lambda_.Function, terms: Terms, *, custom_is_fine: bool) -> None:
    name = function.runtime.name
    is_custom = name == lambda_.Runtime.FROM_IMAGE.name or name.startswith("provided")
    if is_python(function) or (is_custom and custom_is_fine):
        return
    msg = (
        f"{terms.function} {function.node.path} runs on {name}, the handler of this library on Python 3.11 or newer: "
        f"use such a function{terms.other_languages}"
    )
    raise ValueError(msg)


def _add_layer(function: lambda_.Function, slice_name: str) -> None:
    # Another construct may have added it, or one that holds it and more: both would hide one of the two wherever
    # layers are searched one after the other instead of being merged.
    if not _has_runtime(function, slice_name):
        function.add_layers(runtime_layer(function, slice_name))


def _has_runtime(function: lambda_.Function, slice_name: str) -> bool:
    stack, added = Stack.of(function), _layers(function)
    return any(stack.resolve(layer.layer_version_arn) in added for layer in layers_with(function, slice_name))


def _layers(function: lambda_.Function) -> list[object]:
    resource = function.node.default_child
    assert isinstance(resource, lambda_.CfnFunction)  # noqa: S101 - narrows the type of what an L2 always has
    return list(Stack.of(function).resolve(resource.layers) or [])
