"""What counts as handing the token over: reading it in the code of `create` itself, and nothing else."""

# ruff: noqa: ANN401
# What an author may return, and what a test hands over instead, is anything.

from functools import partial, wraps
from types import SimpleNamespace
from typing import Any

import pytest

from constructs_lib.runtime._shared.author import overrides
from constructs_lib.runtime.custom_resource import ResourceHandler
from constructs_lib.runtime.custom_resource.traits import _assigns, author_of, reads_token

api: Any = SimpleNamespace()


def retried(function: Any) -> Any:
    @wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


def opaque(function: Any) -> Any:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


def helper(ctx: Any) -> Any:
    return ctx.token


class Plain:
    def create(self, ctx, properties):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201 - as authors write it
        return api.create(properties, client_token=ctx.token)


class Uuid:
    def create(self, context: Any, props: Any) -> Any:
        return api.create(props, token=context.uuid)


class TwoAtOnce:
    """Python 3.13 loads the two variables by one instruction."""

    def create(self, ctx: Any, properties: Any) -> Any:
        return api.create(properties, ctx.token, self, ctx.uuid)


class MethodOfIt:
    def create(self, ctx: Any, properties: Any) -> Any:  # noqa: ARG002
        return ctx.token.upper()


class InLambda:
    def create(self, ctx: Any, properties: Any) -> Any:
        return api.retry(lambda: api.create(properties, ctx.token))


class InNested:
    def create(self, ctx: Any, properties: Any) -> Any:
        def attempt() -> Any:
            def inner() -> Any:
                return [api.create(one, ctx.token) for one in properties]

            return inner()

        return attempt()


class InComprehension:
    def create(self, ctx: Any, properties: Any) -> Any:
        return [api.create(each, ctx.token) for each in properties]


class InClassBody:
    def create(self, ctx: Any, properties: Any) -> Any:  # noqa: ARG002
        class Call:
            token = ctx.token

        return Call


class ClosedOver:
    """The variable lives in a cell, and is read outside the function that closes over it."""

    def create(self, ctx: Any, properties: Any) -> Any:
        def name() -> Any:
            return ctx.logical_id

        return api.create(properties, name, ctx.token)


class Formatted:
    def create(self, ctx: Any, properties: Any) -> Any:  # noqa: ARG002
        return f"{ctx.token}-1"


class Decorated:
    @retried
    def create(self, ctx: Any, properties: Any) -> Any:
        return api.create(properties, ctx.token)


class Static:
    @staticmethod
    def create(ctx: Any, properties: Any) -> Any:
        return api.create(properties, ctx.token)


class OfAClass:
    @classmethod
    def create(cls, ctx: Any, properties: Any) -> Any:
        return api.create(properties, ctx.token)


class Inherited(Plain):
    pass


class ManyNames:
    """So many names that the index needs a prefix instruction."""

    exec(  # noqa: S102 - 300 names are no fun to read
        "def create(self, ctx, properties):\n"
        + "".join(f"    api.name_{number}\n" for number in range(300))
        + "    return ctx.token\n"
    )


@pytest.mark.parametrize(
    "author",
    [
        Plain,
        Uuid,
        TwoAtOnce,
        MethodOfIt,
        InLambda,
        InNested,
        InComprehension,
        InClassBody,
        ClosedOver,
        Formatted,
        Decorated,
        Static,
        OfAClass,
        Inherited,
        ManyNames,
    ],
    ids=lambda author: author.__name__,
)
def test_create_reads_the_token(author: type) -> None:
    assert reads_token(author) is True


class NoToken:
    def create(self, ctx: Any, properties: Any) -> Any:
        return api.create(properties, name=ctx.logical_id)


class Tags:
    def create(self, ctx: Any, properties: Any) -> Any:
        return api.create(properties, tags=ctx.tags)


class Elsewhere:
    def create(self, ctx: Any, properties: Any) -> Any:  # noqa: ARG002
        return api.create(properties)

    def find(self, ctx: Any, properties: Any) -> Any:  # noqa: ARG002
        return api.find(ctx.token)


class OfAnother:
    def create(self, ctx: Any, properties: Any) -> Any:  # noqa: ARG002
        return api.create(api.other(properties).token, api.token)


class InHelper:
    def create(self, ctx: Any, properties: Any) -> Any:  # noqa: ARG002
        return helper(ctx)


class OtherName:
    def create(self, ctx: Any, properties: Any) -> Any:  # noqa: ARG002
        context = ctx
        return context.token


class Reassigned:
    def create(self, ctx: Any, properties: Any) -> Any:
        ctx = properties
        return ctx.token


class ReassignedAndClosedOver:
    def create(self, ctx: Any, properties: Any) -> Any:
        ctx = properties
        return api.retry(lambda: ctx.token)


class Rebound:
    def create(self, ctx: Any, properties: Any) -> Any:
        for ctx in properties:  # noqa: PLR1704 - what is tested
            api.create(ctx.token)


class Shadowed:
    def create(self, ctx: Any, properties: Any) -> Any:  # noqa: ARG002
        def inner(ctx: Any) -> Any:
            return ctx.token

        return inner(properties)


class ByName:
    def create(self, ctx: Any, properties: Any) -> Any:  # noqa: ARG002
        return getattr(ctx, "token")  # noqa: B009 - what is tested


class TokenOfPart:
    def create(self, ctx: Any, properties: Any) -> Any:  # noqa: ARG002
        return ctx.tags.token


class Assigned:
    def create(self, ctx: Any, properties: Any) -> Any:
        ctx.token = properties


class Opaque:
    @opaque
    def create(self, ctx: Any, properties: Any) -> Any:
        return api.create(properties, ctx.token)


class Overridden(Plain):
    def create(self, ctx: Any, properties: Any) -> Any:
        return super().create(ctx, properties)  # type: ignore[no-untyped-call]


class NoFunction:
    create = partial(print)


class Commented:
    def create(self, ctx: Any, properties: Any) -> Any:  # noqa: ARG002
        """Do not hand ctx.token over."""
        return "ctx.token"


class NoArguments:
    def create(self) -> Any:
        """Cannot be called."""


@pytest.mark.parametrize(
    "author",
    [
        NoToken,
        Tags,
        Elsewhere,
        OfAnother,
        InHelper,
        OtherName,
        Reassigned,
        ReassignedAndClosedOver,
        Rebound,
        Shadowed,
        ByName,
        TokenOfPart,
        Assigned,
        Opaque,
        Overridden,
        NoFunction,
        Commented,
        NoArguments,
    ],
    ids=lambda author: author.__name__,
)
def test_create_does_not_read_the_token(author: type) -> None:
    assert reads_token(author) is False


def test_an_endless_chain_of_wrappers_ends() -> None:
    def create(_self: Any, _ctx: Any, _properties: Any) -> None: ...

    create.__wrapped__ = create  # type: ignore[attr-defined] # what is tested

    assert reads_token(type("Endless", (), {"create": create})) is False


@pytest.mark.parametrize(
    ("instruction", "variables", "does"),
    [
        ("STORE_FAST", "ctx", True),
        ("STORE_DEREF", "ctx", True),
        ("DELETE_FAST", "ctx", True),
        ("STORE_FAST_STORE_FAST", ("other", "ctx"), True),
        ("STORE_FAST_LOAD_FAST", ("ctx", "other"), True),
        ("STORE_FAST_LOAD_FAST", ("other", "ctx"), False),
        ("LOAD_FAST_BORROW_LOAD_FAST_BORROW", ("other", "ctx"), False),
        ("LOAD_FAST", "ctx", False),
        ("STORE_ATTR", "ctx", False),
        ("STORE_FAST", "other", False),
    ],
)
def test_which_instructions_assign(instruction: str, variables: Any, does: bool) -> None:
    assert _assigns(instruction, variables, "ctx") is does


class Group(ResourceHandler):
    def create(self, ctx: Any, properties: Any) -> Any:  # noqa: ARG002
        return ctx.token

    def update(self, ctx: Any, physical_id: str, properties: Any, old_properties: Any) -> Any:
        """Change it."""

    def delete(self, ctx: Any, physical_id: str, properties: Any) -> Any:
        """Delete it."""


@pytest.mark.parametrize("declared", [True, False])
def test_what_the_author_says_counts_more_than_the_code(declared: bool) -> None:
    said = type("Said", (Group,), {"honours_token": declared})

    assert author_of(Group, base=ResourceHandler).traits.honours_token is True
    assert author_of(said, base=ResourceHandler).traits.honours_token is declared


def test_optional_methods_are_known_by_being_overridden() -> None:
    able = type("Able", (Group,), {"find": lambda *_: None, "poll": lambda *_: None})
    mixed = type("Mixed", (type("Mixin", (), {"find": lambda *_: None}), Group), {})

    plain, full = author_of(Group, base=ResourceHandler), author_of(able, base=ResourceHandler)

    assert (plain.traits.can_find, plain.can_poll) == (False, False)
    assert (full.traits.can_find, full.can_poll) == (True, True)
    assert overrides(mixed, "find", ResourceHandler)


def test_sets_become_what_the_protocol_reads() -> None:
    named = type("Named", (Group,), {"replace_on": {"Region"}, "no_echo": ["ApiKey"], "redact": {"Token"}})

    author = author_of(named, base=ResourceHandler)

    assert [set(author.traits.replace_on), set(author.traits.no_echo), set(author.redact)] == [
        {"Region"},
        {"ApiKey"},
        {"Token"},
    ]
