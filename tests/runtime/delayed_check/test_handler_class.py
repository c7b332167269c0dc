# ruff: noqa: ARG001, ARG005 - an author's methods take what they are called with

from collections.abc import Iterator

import pytest

from constructs_lib.runtime.delayed_check import CheckHandler
from constructs_lib.runtime.delayed_check.handler import make_handler
from constructs_lib.runtime.delayed_check.row import State
from tests.runtime.delayed_check.stage import SETTINGS, Author, Stage


def test_a_handler_looks_like_its_class() -> None:
    handler = Author.as_handler()

    assert (handler.__name__, handler.__doc__, handler.__module__) == ("Author", Author.__doc__, Author.__module__)
    assert handler.check_class is Author


def test_a_class_without_its_methods_is_refused() -> None:
    class Empty(CheckHandler):
        pass

    with pytest.raises(TypeError) as raised:
        Empty.as_handler()

    assert str(raised.value) == (
        "Empty lacks is_settled and contact: a CheckHandler defines def is_settled(self, ctx, unit), "
        "def contact(self, ctx, unit, arm, token)"
    )


def with_method(name: str, method: object) -> type[CheckHandler]:
    return type("Mine", (Author,), {name: method})


async def _later(self: object, ctx: object, unit: object) -> bool:
    return True


def _one_after_the_other(self: object, ctx: object, unit: object, token: object) -> Iterator[str]:
    yield "call-1"


@pytest.mark.parametrize(
    ("name", "method", "message"),
    [
        ("is_settled", _later, "Mine.is_settled is a coroutine or a generator, which would never run"),
        ("reconcile", _one_after_the_other, "Mine.reconcile is a coroutine or a generator"),
        ("is_settled", lambda self: True, r"Mine.is_settled\(self\) cannot be called as it is: write def is_settled"),
        ("contact", lambda self, ctx, unit: "", r"Mine.contact\(self, ctx, unit\) cannot be called .* arm, token\)"),
        ("suppress", lambda self, ctx, unit, arm: None, r"Mine.suppress\(self, ctx, unit, arm\) cannot be called"),
        ("reconcile", lambda self, unit: None, r"Mine.reconcile\(self, unit\) cannot be called"),
        ("contact", "call", "Mine.contact must be a method, got str"),
        ("__init__", lambda self, table: None, "Mine is made without arguments, and its __init__ needs table"),
        ("__init__", lambda self, *, table: None, "Mine is made without arguments, and its __init__ needs table"),
    ],
)
def test_a_method_that_could_only_fail_later_is_refused(name: str, method: object, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        with_method(name, method).as_handler()


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("is_settled", lambda self, ctx, unit, more=None: True),
        ("contact", lambda self, *everything: ""),
        ("suppress", staticmethod(lambda ctx, unit: None)),
        ("__init__", lambda self, table="orders": None),
        ("__init__", lambda self, *, table="orders": None),
    ],
)
def test_what_can_be_called_is_taken(name: str, method: object) -> None:
    assert with_method(name, method).as_handler().check_class.__name__ == "Mine"


def test_the_class_is_made_once_when_it_is_first_asked() -> None:
    made: list[int] = []

    class Counting(Author):
        def __init__(self) -> None:
            made.append(1)
            super().__init__()

    stage = Stage(author_class=Counting)
    assert made == []

    contact = stage.decided()
    stage.deliver(contact)

    assert made == [1]
    assert stage.author.asked == ["order-1", "order-1"]


class Broken(Author):
    def __init__(self) -> None:
        raise KeyError("ORDERS_TABLE")


def test_a_class_that_cannot_be_made_says_so_and_is_tried_again() -> None:
    stage = Stage(author_class=Broken)
    stage.start({"unit": "order-1", "placed_at": stage.clock.now})
    stage.clock.sleep(300)

    assert not stage.deliver(stage.sent.messages[-1][1])

    assert stage.row().state is State.SCHEDULED
    assert any(
        "Broken() raised KeyError: 'ORDERS_TABLE': the class is made without arguments, once in each environment"
        in told
        for told in stage.told()
    )


def test_an_order_past_its_deadline_does_not_need_the_class() -> None:
    stage = Stage(author_class=Broken)
    stage.start({"unit": "order-1", "placed_at": stage.clock.now})
    stage.clock.sleep(600)

    assert stage.deliver(stage.sent.messages[-1][1])
    assert stage.row().state is State.EXPIRED


def test_one_test_s_object_is_not_the_next_one_s() -> None:
    handler = make_handler(Author)
    one, other = (
        handler.using(settings=SETTINGS, world=Stage().world),
        handler.using(settings=SETTINGS, world=Stage().world),
    )

    assert one._author is not other._author
    assert handler._stage is None
