"""`size` and `derive` are called with the fields of `Inputs`, and speak of themselves where that goes wrong."""

import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest

from constructs_lib.sizing import Inputs, Sizing, derive, size


def test_size_and_derive_take_the_fields_of_inputs_by_name() -> None:
    for function in (size, derive):
        parameters = inspect.signature(function).parameters.values()

        assert {each.kind for each in parameters} == {inspect.Parameter.KEYWORD_ONLY}
        assert list(parameters) == list(inspect.signature(Inputs).parameters.values())


@pytest.mark.parametrize("function", [size, derive])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, r"{}\(\) needs calls_per_second, such as {}\(calls_per_second=10\)"),
        ({"calls_per_second": 10, "rate": 10}, r"{}\(\) has no argument 'rate'; it has calls_per_second, burst, .*"),
    ],
)
def test_an_argument_too_few_or_too_many_is_told_of_the_function_that_was_called(
    function: Callable[..., Sizing], arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(TypeError) as refused:
        function(**arguments)

    assert re.fullmatch(message.replace("{}", function.__name__), str(refused.value))


def test_arguments_are_given_by_name() -> None:
    with pytest.raises(TypeError, match=r"^size\(\) takes its arguments by name, such as .*, got 10$"):
        size(10)  # type: ignore[call-arg] # on purpose
