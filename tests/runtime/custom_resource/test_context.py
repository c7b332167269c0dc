# ruff: noqa: ANN401
# What an author may return, and what a test hands over instead, is anything.

import threading
from typing import Any

import pytest

from constructs_lib.runtime.custom_resource import Context
from constructs_lib.runtime.custom_resource.context import ControlFlow, LeaseLost, Replace
from constructs_lib.runtime.custom_resource.request import Request

TOKEN = "a" * 52
REQUEST = Request(
    type="Create",
    request_id="request-1",
    stack_id="arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1",
    logical_id="Web",
    resource_type="Custom::Group",
    url="",
    url_digest="",
)


def context(method: str = "create", *, held: bool = True, remaining: float = 60.0) -> tuple[Context, list[str]]:
    recorded: list[str] = []

    def checkpoint(physical_id: str) -> bool:
        recorded.append(physical_id)
        return held

    ctx = Context(REQUEST, token=TOKEN, method=method, remaining=lambda: remaining, checkpoint=checkpoint)
    return ctx, recorded


def test_it_names_the_request() -> None:
    ctx, _ = context()

    assert (ctx.token, ctx.request_id, ctx.logical_id, ctx.resource_type) == (
        TOKEN,
        "request-1",
        "Web",
        "Custom::Group",
    )
    assert ctx.stack_id == REQUEST.stack_id
    assert len(ctx.uuid) == 36
    assert TOKEN in ctx.tags.values()


def test_the_time_that_remains_is_never_negative() -> None:
    assert context(remaining=12.5)[0].remaining == 12.5
    assert context(remaining=-3)[0].remaining == 0


@pytest.mark.parametrize("method", ["create", "update"])
def test_created_records_the_id_once(method: str) -> None:
    ctx, recorded = context(method)

    ctx.created("group-1")
    ctx.created("group-1")

    assert recorded == ["group-1"]
    assert ctx._close() == ("group-1", False)


def test_one_request_makes_one_resource() -> None:
    ctx, recorded = context()
    ctx.created("group-1")

    with pytest.raises(ValueError, match=r"ctx\.created\('group-2'\) came after ctx\.created\('group-1'\)"):
        ctx.created("group-2")

    assert recorded == ["group-1"]


def test_a_number_is_refused_after_it_was_recorded_because_the_resource_exists() -> None:
    ctx, recorded = context()

    with pytest.raises(TypeError, match=r"ctx\.created\(\): the physical id is of type int"):
        ctx.created(7)  # type: ignore[arg-type] # what is tested

    assert recorded == ["7"]
    assert ctx._close() == ("7", False)


@pytest.mark.parametrize(("given", "error"), [(None, TypeError), ("", ValueError), (b"x", TypeError)])
def test_what_is_no_id_is_not_recorded(given: Any, error: type[Exception]) -> None:
    ctx, recorded = context()

    with pytest.raises(error):
        ctx.created(given)

    assert recorded == []


def test_a_lost_lease_ends_the_method_through_a_broad_except() -> None:
    ctx, _ = context(held=False)

    def create() -> str:
        try:
            ctx.created("group-1")
        except Exception:  # noqa: BLE001 - what is tested
            return "swallowed"
        return "went on"

    with pytest.raises(LeaseLost):
        create()
    with pytest.raises(LeaseLost):
        ctx.created("group-1")
    assert ctx._close() == ("group-1", True)


@pytest.mark.parametrize("method", ["find", "poll", "delete"])
def test_a_method_that_makes_nothing_cannot_say_that_it_has(method: str) -> None:
    with pytest.raises(RuntimeError, match=rf"belongs in create or update, it was called in {method}"):
        context(method)[0].created("group-1")


def test_replace_ends_an_update() -> None:
    assert issubclass(Replace, ControlFlow)
    assert not issubclass(ControlFlow, Exception)
    with pytest.raises(Replace):
        context("update")[0].replace()


@pytest.mark.parametrize("method", ["create", "find", "poll", "delete"])
def test_only_an_update_can_be_a_replacement(method: str) -> None:
    with pytest.raises(RuntimeError, match=rf"ctx\.replace\(\) belongs in update, it was called in {method}"):
        context(method)[0].replace()


def test_a_thread_that_the_method_left_behind_records_nothing() -> None:
    ctx, recorded = context()
    ended = threading.Event()
    caught: list[str] = []

    def later() -> None:
        ended.wait(10)
        try:
            ctx.created("group-1")
        except RuntimeError as error:
            caught.append(str(error))

    thread = threading.Thread(target=later)
    thread.start()
    ctx._close()
    ended.set()
    thread.join()

    assert recorded == []
    assert caught == ["ctx.created() belongs in create or update, it was called after create had ended"]


def test_it_holds_nothing_else() -> None:
    ctx, _ = context()

    with pytest.raises(AttributeError):
        ctx.note = "for later"  # type: ignore[attr-defined] # what is tested
    assert "url" not in dir(ctx)
