"""Settings that a construct has put into the environment of a function."""

from collections.abc import Callable
from typing import TypeVar

#: Lambda sets it in every function; an author's unit test does not.
INSIDE_LAMBDA = "AWS_LAMBDA_FUNCTION_NAME"

_Settings = TypeVar("_Settings")


class SettingsError(Exception):
    """The function's environment does not have the settings that it needs, or they cannot be read."""


def parsed(variable: str, text: str, parse: Callable[[str], _Settings], *, construct: str) -> _Settings:
    """The settings in a variable.

    Args:
        variable: Its name.
        text: Its value.
        parse: Reads it.
        construct: What wrote it.

    Raises:
        SettingsError: It cannot be read.
    """
    try:
        return parse(text)
    except (TypeError, ValueError, AttributeError) as error:
        msg = (
            f"the environment variable {variable} cannot be read ({error}): deploy the function again with {construct} "
            "and the constructs_lib of the same version, and do not edit the variable by hand"
        )
        raise SettingsError(msg) from error
