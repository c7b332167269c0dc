"""Checks of the author's arguments, and what is taken where they are left out."""

import math
import re
from collections.abc import Mapping

from aws_cdk import Duration, Stack
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from constructs_lib import _functions, _validate
from constructs_lib._unknown import UNKNOWN
from constructs_lib.custom_resource import rules
from constructs_lib.runtime.custom_resource.contract import GRACE, SERVICE_MARGIN

_MAX_SERVICE_TIMEOUT = 3600
#: Lambda's first retry comes after a minute; a longer lease would still be held.
_MAX_GRACE = 60
_RESOURCE_TYPE = re.compile(r"Custom::[A-Za-z0-9_@-]{1,52}")


def total_timeout(handler: lambda_.IFunction, given: Duration | None) -> int:
    """Return the seconds that a request may take.

    Raises:
        ValueError: They are not known, not whole, or too few or too many.
    """
    longest = _MAX_SERVICE_TIMEOUT - SERVICE_MARGIN
    total = _validate.known_seconds("total_timeout", Duration.minutes(15) if given is None else given)
    if total != int(total) or total > longest:
        msg = (
            f"total_timeout must be whole seconds up to {longest}, because CloudFormation waits "
            f"{_MAX_SERVICE_TIMEOUT} s at most and the last answer needs {SERVICE_MARGIN} s, got {total:g} s"
        )
        raise ValueError(msg)
    run = _functions.timeout(handler)
    broken = None if run is UNKNOWN else rules.too_short(handler.node.path, total, run)
    if broken:
        raise ValueError(broken)
    return int(total)


def grace(given: Duration | None) -> float:
    """Return the seconds that a lease outlives its function.

    Raises:
        ValueError: They are not known, or too many.
    """
    seconds = GRACE if given is None else _validate.known_seconds("grace", given)
    if seconds > _MAX_GRACE:
        msg = (
            f"grace must be at most {_MAX_GRACE} s, because Lambda's first retry comes after a minute and would find "
            f"the request still held, got {seconds:g} s"
        )
        raise ValueError(msg)
    return seconds


def check_choice(name: str, value: object, allowed: tuple[object, ...]) -> None:
    """Refuse a value that is not one of those allowed.

    Raises:
        ValueError: It is not.
    """
    if not any(value is each or (isinstance(value, str) and value == each) for each in allowed):
        msg = f"{name} must be {' or '.join(map(repr, allowed))}, got {value!r}"
        raise ValueError(msg)


def check_resource(scope: Construct, resource_type: object, properties: object) -> None:
    """Refuse a custom resource's type and properties where CloudFormation would.

    Raises:
        ValueError: With what is wrong, and the fix.
    """
    if not isinstance(resource_type, str) or not _RESOURCE_TYPE.fullmatch(resource_type):
        msg = (
            'resource_type must be "Custom::" and a name of up to 52 letters, digits and _@-, such as '
            f'"Custom::Elastigroup", got {resource_type!r}'
        )
        raise ValueError(msg)
    if properties is not None and not isinstance(properties, Mapping):
        msg = f"properties must be a mapping of names to values, got {properties!r}"
        raise ValueError(msg)
    for reserved in ("ServiceToken", "ServiceTimeout"):
        if properties and reserved in properties:
            msg = f"properties may not have {reserved}, which the provider sets: leave it out, or set total_timeout"
            raise ValueError(msg)
    if properties and "" in properties:
        msg = "the names in properties must not be empty, got '': name the property"
        raise ValueError(msg)
    _check_value(scope, "properties", dict(properties or {}))


def _check_value(scope: Construct, path: str, value: object) -> None:
    """Refuse a name or a value that no template can hold.

    Raises:
        ValueError: There is one, at any depth.
    """
    # What jsii takes: no other mapping, and no tuple.
    if isinstance(value, dict):
        for name, inner in value.items():
            if not isinstance(name, str):
                msg = f"the names in {path} must be strings, got {name!r}: write {str(name)!r}"
                raise ValueError(msg)  # noqa: TRY004 - one kind of error for every bad argument
            _check_value(scope, f"{path}[{name!r}]", inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _check_value(scope, f"{path}[{index}]", inner)
    elif not _is_resolvable(scope, value):
        msg = (
            f"{path} must be a string, a finite number, a boolean, a list, a dict, or a token, "
            f"got {value!r}: give its text, its number, or a list or dict of what is in it"
        )
        raise ValueError(msg)


def _is_resolvable(scope: Construct, value: object) -> bool:
    if value is None or isinstance(value, (str, int, float)):
        # Asked here: jsii's node process dies of a NaN.
        return not isinstance(value, float) or math.isfinite(value)
    if hasattr(value, "resolve"):
        return True
    try:
        Stack.of(scope).resolve(value)
    except Exception:  # noqa: BLE001 - whatever jsii and CDK say of it, none of it is of use to the author
        return False
    return True
