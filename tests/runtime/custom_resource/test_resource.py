# ruff: noqa: ANN401
# What an author may return, and what a test hands over instead, is anything.

from functools import wraps
from typing import Any

import pytest

from constructs_lib.runtime.custom_resource import Context, ResourceHandler
from constructs_lib.runtime.custom_resource.handler import Handler


class Group(ResourceHandler):
    """A group."""

    def create(self, ctx: Context, properties: Any) -> Any:
        """Make it."""

    def update(self, ctx: Context, physical_id: str, properties: Any, old_properties: Any) -> Any:
        """Change it."""

    def delete(self, ctx: Context, physical_id: str, properties: Any) -> Any:
        """Delete it."""


def with_(**attributes: Any) -> type[ResourceHandler]:
    return type("Group", (Group,), attributes)


def test_a_complete_class_becomes_a_handler_with_its_name() -> None:
    handler = Group.as_handler()

    assert isinstance(handler, Handler)
    assert (handler.__name__, handler.__doc__, handler.__module__) == ("Group", "A group.", __name__)
    assert callable(handler)


def test_each_missing_method_is_named_with_its_signature() -> None:
    class Half(ResourceHandler):
        def create(self, ctx: Context, properties: Any) -> Any: ...

    with pytest.raises(TypeError) as raised:
        Half.as_handler()

    assert str(raised.value) == (
        "Half lacks delete and update: a ResourceHandler defines def delete(self, ctx, physical_id, properties), "
        "def update(self, ctx, physical_id, properties, old_properties)"
    )


def test_the_base_class_itself_is_no_handler() -> None:
    with pytest.raises(TypeError, match="ResourceHandler lacks create and delete and update"):
        ResourceHandler.as_handler()


@pytest.mark.parametrize("attribute", ["replace_on", "no_echo", "redact"])
def test_a_text_instead_of_a_set_is_refused_because_it_would_be_a_set_of_letters(attribute: str) -> None:
    with pytest.raises(TypeError, match=rf"Group\.{attribute} must be a set of names, got the text 'Region': write"):
        with_(**{attribute: "Region"}).as_handler()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"Region": True}, "got dict"),
        (None, "got NoneType"),
        ({1}, "names as text, got 1"),
        (7, "got int"),
    ],
)
def test_what_is_no_set_of_names_is_refused(value: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        with_(replace_on=value).as_handler()


def test_an_empty_name_is_refused() -> None:
    with pytest.raises(ValueError, match=r"Group\.redact holds an empty name"):
        with_(redact={""}).as_handler()


@pytest.mark.parametrize("value", [{"Region"}, frozenset({"Region"}), ["Region"], ("Region",)])
def test_names_in_any_usual_collection_are_taken(value: Any) -> None:
    assert with_(replace_on=value).as_handler().author().traits.replace_on == {"Region"}


@pytest.mark.parametrize("value", ["yes", 2, []])
def test_honours_token_is_true_false_or_none(value: Any) -> None:
    with pytest.raises(TypeError, match=r"Group\.honours_token must be True, False or None, got"):
        with_(honours_token=value).as_handler()


@pytest.mark.parametrize("value", [0, 1])
def test_a_number_is_no_truth(value: int) -> None:
    with pytest.raises(TypeError, match="honours_token"):
        with_(honours_token=value).as_handler()


def test_a_method_that_takes_other_arguments_is_refused() -> None:
    def create(self: Any, properties: Any) -> None: ...

    with pytest.raises(TypeError, match=r"Group\.create\(self, properties\) .* write def create\(self, ctx, propert"):
        with_(create=create).as_handler()


def test_an_optional_method_is_checked_too() -> None:
    def find(self: Any, ctx: Any) -> None: ...

    with pytest.raises(TypeError, match=r"Group\.find\(self, ctx\) cannot be called as it is"):
        with_(find=find).as_handler()


def test_defaults_variable_arguments_and_decorators_are_the_authors_business() -> None:
    def create(self: Any, ctx: Any, properties: Any, dry: bool = False) -> None:
        """One more, with a default."""

    def delete(*arguments: Any) -> None:
        """Any."""

    def inner(ctx: Any) -> None:
        """Gets less than the method."""

    @wraps(inner)
    def update(*arguments: Any) -> None:
        """A decorator's."""

    with_(update=update, delete=delete, create=create).as_handler()


def test_a_coroutine_or_generator_would_never_run_and_is_refused() -> None:
    async def create(self: Any, ctx: Any, properties: Any) -> None: ...

    def delete(_self: Any, _ctx: Any, _physical_id: str, _properties: Any) -> Any:
        yield

    with pytest.raises(TypeError, match=r"Group\.create is a coroutine or a generator"):
        with_(create=create).as_handler()
    with pytest.raises(TypeError, match=r"Group\.delete is a coroutine or a generator"):
        with_(delete=delete).as_handler()


def test_what_is_no_method_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Group\.poll must be a method, got str: write def poll\(self, ctx, state\)"):
        with_(poll="later").as_handler()


def test_the_class_is_not_made_into_an_object_until_an_event_comes() -> None:
    class Loud(Group):
        def __init__(self) -> None:
            raise AssertionError

    Loud.as_handler()
