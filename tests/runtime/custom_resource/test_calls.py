# ruff: noqa: ANN401
# What an author may return, and what a test hands over instead, is anything.

import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from constructs_lib.runtime._shared.change import Change, Written
from constructs_lib.runtime._shared.contract import PARTITION_KEY
from constructs_lib.runtime._shared.errors import TableUnavailable
from constructs_lib.runtime.custom_resource import Context, Failed, InProgress, NotFound, ResourceHandler
from constructs_lib.runtime.custom_resource.calls import Caller, Failure
from constructs_lib.runtime.custom_resource.request import Request, read
from constructs_lib.runtime.custom_resource.steps import Call, Called, How, Made, Pending, Raised, Write
from constructs_lib.runtime.custom_resource.testing import InvocationClock, VirtualClock, request_event
from constructs_lib.runtime.custom_resource.traits import author_of

SECRET = "hunter2\"'\\ and more"  # noqa: S105 - it is what must not show
PROPERTIES = {
    "Name": "web",
    "Token": SECRET,
    "Nested": [{"Token": {"Deep": ["deep-secret", "4711-4711"]}}],
    "Size": {"Min": "1"},
}


class Group(ResourceHandler):
    """What each test replaces a method of."""

    redact = {"Token"}  # noqa: RUF012 - as authors write it
    no_echo = {"ApiKey"}  # noqa: RUF012 - as authors write it

    def create(self, ctx: Context, properties: Any) -> Any:
        """Make it."""

    def update(self, ctx: Context, physical_id: str, properties: Any, old_properties: Any) -> Any:
        """Change it."""

    def delete(self, ctx: Context, physical_id: str, properties: Any) -> Any:
        """Delete it."""

    def poll(self, ctx: Context, state: Any) -> Any:
        """Wait for it."""


class Stage:
    """A caller, and what came of its calls."""

    def __init__(self, author: type[ResourceHandler] = Group, *, old: Any = None, written: Any = None) -> None:
        event = request_event(
            "Create" if old is None else "Update",
            {**PROPERTIES, "Api": SECRET} if old is None else PROPERTIES,
            physical_id="group-1",
            old_properties=old,
        )
        self.request: Request = read(event)
        self.failures: list[Failure] = []
        self.changes: list[Change] = []
        self.written = written or Written(won=True, item={})
        self.clock = VirtualClock()
        self.caller = Caller(
            author_of(author, base=ResourceHandler),
            self.request,
            clock=InvocationClock(self.clock, self.clock.time + 60),
            write=self._write,
            log=self.failures.append,
        )

    def call(self, method: Any, **given: Any) -> Called:
        given = {"physical_id": "group-1"} | given if method in ("update", "delete") else given
        return self.caller(Call(method, "a" * 52, 3, self.request.request_id, self.request.type, **given))

    def _write(self, write: Write) -> Written:
        self.changes.append(write.change)
        if isinstance(self.written, Exception):
            raise self.written
        written: Written = self.written
        return written


def group(method: str, function: Callable[..., Any], **more: Any) -> type[ResourceHandler]:
    return type("Group", (Group,), {method: lambda _self, *given: function(*given), **more})


def returning(method: str, value: Any) -> Called:
    return Stage(group(method, lambda *_: value)).call(method)


def raising(error: BaseException) -> Any:
    def method(*_: Any) -> None:
        raise error

    return method


@pytest.mark.parametrize(
    ("method", "value", "outcome"),
    [
        ("create", "group-1", Made("group-1")),
        ("create", ("group-1", {"Arn": "arn"}), Made("group-1", {"Arn": "arn"})),
        ("create", InProgress("group-1", {"job": 1}, next_in=5), Pending("group-1", {"job": 1}, 5)),
        ("update", None, Made()),
        ("update", "group-2", Made("group-2")),
        ("update", (None, {"Arn": "arn"}), Made(None, {"Arn": "arn"})),
        ("update", InProgress("group-1"), Pending("group-1")),
        ("delete", None, Made()),
        ("delete", {"ResponseMetadata": {}}, Made()),
        ("delete", InProgress("group-1"), Pending("group-1")),
        ("find", None, Made()),
        ("find", "group-1", Made("group-1")),
        ("find", ("group-1", {"Arn": "arn"}), Made("group-1", {"Arn": "arn"})),
        ("poll", None, Pending()),
        ("poll", {}, Made()),
        ("poll", {"Arn": "arn"}, Made(None, {"Arn": "arn"})),
        ("poll", InProgress("group-1", 2), Pending("group-1", 2)),
    ],
)
def test_what_a_method_may_return(method: str, value: Any, outcome: Any) -> None:
    assert returning(method, value) == Called(outcome)


@pytest.mark.parametrize(
    ("method", "value", "got"),
    [
        ("create", None, "create returned None: return the id, (id, {attributes}) or InProgress(id, ...)"),
        ("create", {"Id": "group-1"}, "create returned dict: return"),
        ("create", ("group-1",), "create returned a tuple of 1: return"),
        ("create", (None, {}), "create returned (None, ...): return"),
        ("create", True, "create returned bool"),
        ("create", b"group-1", "create returned bytes"),
        ("update", {"Arn": "arn"}, "update returned dict: return None, the id,"),
        ("update", ([], {}), "update returned (list, ...)"),
        ("find", [], "find returned list: return the id, (id, {attributes}) or None"),
        ("find", False, "find returned bool"),
        ("find", InProgress("group-1"), "find returned InProgress"),
        ("poll", True, "poll returned bool: return {attributes} when it is done"),
        ("poll", "group-1", "poll returned str"),
    ],
)
def test_what_a_method_may_not_return_is_an_error_that_says_what_it_may(method: str, value: Any, got: str) -> None:
    outcome = returning(method, value).outcome

    assert isinstance(outcome, Raised)
    assert outcome.how is How.ERROR
    assert outcome.reason.startswith(got)


@pytest.mark.parametrize("value", [7, (7, {"Arn": "arn"}), InProgress(7)])  # type: ignore[arg-type] # what is tested
@pytest.mark.parametrize("method", ["create", "update"])
def test_a_number_as_the_id_fails_and_names_what_exists(method: str, value: Any) -> None:
    assert returning(method, value).outcome == Raised(
        How.FAILED, f"{method} returned the number 7 as the id, it must be text: return str(id)", "7"
    )


def test_a_number_that_is_the_updated_resource_itself_is_not_to_be_rolled_back() -> None:
    outcome = Stage(group("update", lambda *_: 7)).call("update", physical_id="7").outcome

    assert isinstance(outcome, Raised)
    assert (outcome.how, outcome.physical_id) == (How.ERROR, None)


def test_in_progress_without_poll_fails_and_names_what_exists() -> None:
    class NoPoll(Group):
        poll = ResourceHandler.poll

        def create(self, ctx: Context, properties: Any) -> Any:  # noqa: ARG002
            return InProgress("group-1")

        def update(self, ctx: Context, physical_id: str, properties: Any, old_properties: Any) -> Any:  # noqa: ARG002
            return InProgress(physical_id)

    created, updated = Stage(NoPoll).call("create").outcome, Stage(NoPoll).call("update").outcome

    assert isinstance(created, Raised)
    assert (created.how, created.physical_id) == (How.FAILED, "group-1")
    assert "has no poll: write def poll(self, ctx, state)" in created.reason
    assert isinstance(updated, Raised)
    assert (updated.how, updated.physical_id) == (How.ERROR, None)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (Failed("no capacity"), Raised(How.FAILED, "no capacity")),
        (Failed("unhealthy", "group-1"), Raised(How.FAILED, "unhealthy", "group-1")),
        (Failed(""), Raised(How.FAILED, "no reason given")),
        (NotFound("group-1"), Raised(How.NOT_FOUND, "NotFound: group-1")),
        (ValueError("bad size"), Raised(How.ERROR, "ValueError: bad size")),
        (KeyError(), Raised(How.ERROR, "KeyError")),
        (SystemExit(3), Raised(How.ERROR, "SystemExit: 3")),
        (MemoryError(), Raised(How.ERROR, "MemoryError")),
    ],
)
@pytest.mark.parametrize("method", ["create", "update", "delete"])
def test_what_a_method_raises_is_an_outcome(method: str, error: BaseException, outcome: Raised) -> None:
    assert Stage(group(method, raising(error))).call(method) == Called(outcome)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), GeneratorExit()])
def test_what_stops_the_process_is_none_of_its_business(error: BaseException) -> None:
    with pytest.raises(type(error)):
        Stage(group("create", raising(error))).call("create")


def test_not_found_from_find_or_from_the_poll_of_a_delete_is_what_one_hoped_for() -> None:
    assert Stage(group("find", raising(NotFound()))).call("find") == Called(Made())
    stage = Stage(group("poll", raising(NotFound())))
    poll = Call("poll", "a" * 52, 3, "request-1", "Delete")
    assert stage.caller(poll) == Called(Made())
    assert isinstance(stage.call("poll").outcome, Raised)


def test_replace_ends_the_method_with_or_without_return() -> None:
    def with_return(ctx: Context, *_: Any) -> Any:
        return ctx.replace()

    def through_except(ctx: Context, *_: Any) -> Any:
        try:
            ctx.replace()
        except Exception:  # noqa: BLE001 - what is tested
            return "swallowed"

    assert Stage(group("update", with_return)).call("update") == Called(Raised(How.REPLACE))
    assert Stage(group("update", through_except)).call("update") == Called(Raised(How.REPLACE))


def test_a_checkpoint_is_written_under_the_fence_of_the_call() -> None:
    stage = Stage(group("create", lambda ctx, _: ctx.created("group-1") or "group-1"))

    called = stage.call("create")

    assert called == Called(Made("group-1"), checkpoint="group-1")
    (change,) = stage.changes
    assert change.key == stage.request.key
    assert PARTITION_KEY not in change.set
    assert ("fence", "=", 3) in change.when[0]
    (instance,) = change.set.values()
    assert instance["physical_id"] == "group-1"


def test_a_checkpoint_is_known_when_the_method_fails_later() -> None:
    def create(ctx: Context, _: Any) -> None:
        ctx.created("group-1")
        raise ValueError("too slow")

    assert Stage(group("create", create)).call("create") == Called(Raised(How.ERROR, "ValueError: too slow"), "group-1")


def test_a_lost_lease_is_the_outcome_even_if_the_method_swallows_it() -> None:
    def create(ctx: Context, _: Any) -> str:
        with suppress(BaseException):
            ctx.created("group-1")
        return "group-1"

    lost = Written(won=False, item={})

    assert Stage(group("create", create), written=lost).call("create").outcome == Raised(How.LEASE_LOST)


def test_where_the_table_is_away_the_method_goes_on_and_the_id_is_told_with_the_outcome() -> None:
    stage = Stage(
        group("create", lambda ctx, _: ctx.created("group-1") or "group-1"), written=TableUnavailable("throttled")
    )

    assert stage.call("create") == Called(Made("group-1"), checkpoint="group-1")
    assert [failure.reason for failure in stage.failures] == [
        "group-1 exists, which could not be recorded at once: throttled"
    ]


def test_another_id_than_the_checkpoint_fails_and_names_both() -> None:
    def create(ctx: Context, _: Any) -> str:
        ctx.created("group-1")
        return "group-2"

    called = Stage(group("create", create)).call("create")

    assert called.checkpoint == "group-1"
    assert isinstance(called.outcome, Raised)
    assert (called.outcome.how, called.outcome.physical_id) == (How.FAILED, "group-1")
    assert "'group-2' after ctx.created('group-1'): both may exist" in called.outcome.reason


def test_each_method_gets_its_arguments() -> None:
    seen: dict[str, tuple[Any, ...]] = {}

    def keep(name: str) -> Any:
        return lambda _self, ctx, *given: seen.setdefault(name, (type(ctx).__name__, *given)) and None

    author = type("Group", (Group,), {name: keep(name) for name in ("create", "update", "delete", "find", "poll")})
    stage = Stage(author, old={"Name": "old"})

    for method in ("create", "find", "update", "delete"):
        stage.call(method)
    stage.call("poll", state={"job": 1})

    assert seen == {
        "create": ("Context", PROPERTIES),
        "find": ("Context", PROPERTIES),
        "update": ("Context", "group-1", PROPERTIES, {"Name": "old"}),
        "delete": ("Context", "group-1", PROPERTIES),
        "poll": ("Context", {"job": 1}),
    }


def test_what_a_method_changes_in_its_properties_the_next_does_not_see() -> None:
    seen = []

    def create(_: Context, properties: Any) -> str:
        seen.append(properties["Size"]["Min"])
        properties["Size"]["Min"] = "changed"
        properties["Nested"].clear()
        return "group-1"

    stage = Stage(group("create", create))
    stage.call("create")
    stage.call("create")

    assert seen == ["1", "1"]
    assert stage.request.properties["Nested"]


def test_an_invocation_has_its_own_object_and_each_call_its_own_context() -> None:
    seen: list[tuple[int, int]] = []
    kept: list[Any] = []

    class Counting(Group):
        def create(self, ctx: Context, properties: Any) -> Any:  # noqa: ARG002
            kept.extend([self, ctx])
            seen.append((id(self), id(ctx)))
            return "group-1"

    stage = Stage(Counting)
    stage.call("create")
    stage.call("create")
    Stage(Counting).call("create")

    objects, contexts = zip(*seen, strict=True)
    assert (objects[0] == objects[1], len(set(objects)), len(set(contexts))) == (True, 2, 3)


def test_an_object_that_cannot_be_made_is_an_outcome() -> None:
    class NoApi(Group):
        def __init__(self) -> None:
            raise LookupError("no API key")

    stage = Stage(NoApi)

    assert stage.call("create").outcome == Raised(How.ERROR, "LookupError: no API key")
    assert stage.failures[0].method == "create"


def test_the_authors_time_is_less_than_the_functions() -> None:
    remaining: list[float] = []
    stage = Stage(group("create", lambda ctx, _: remaining.append(ctx.remaining)))

    stage.call("create")
    stage.clock.sleep(59)
    stage.call("create")

    assert 50 < remaining[0] < 60
    assert remaining[1] == 0


def test_the_context_holds_no_response_url() -> None:
    contexts: list[Context] = []
    stage = Stage(group("create", lambda ctx, _: contexts.append(ctx)))

    stage.call("create")

    slots = [getattr(contexts[0], name) for name in Context.__slots__]
    assert stage.request.url not in repr(slots)


def test_a_traceback_is_logged_and_is_not_in_the_reason() -> None:
    def create(_ctx: Context, _properties: Any) -> None:
        raise ValueError("the effect") from OSError("the cause")

    stage = Stage(group("create", create))
    outcome = stage.call("create").outcome

    (failure,) = stage.failures
    assert outcome == Raised(How.ERROR, "ValueError: the effect")
    assert (failure.method, failure.reason) == ("create", "ValueError: the effect")
    assert failure.traceback is not None
    assert "Traceback (most recent call last)" in failure.traceback
    assert "the cause" in failure.traceback


@pytest.mark.parametrize(
    "spell", [str, repr, lambda value: f"{[value]!r}", lambda value: __import__("json").dumps(value)]
)
def test_secret_properties_are_in_no_reason_and_no_log_however_they_are_spelled(spell: Any) -> None:
    text = " ".join(spell(each) for each in (SECRET, "deep-secret", "4711-4711"))

    stage = Stage(group("create", raising(ValueError(f"refused: {text} for web"))), old={})
    outcome = stage.call("create").outcome

    (failure,) = stage.failures
    assert isinstance(outcome, Raised)
    for shown in (outcome.reason, failure.reason, failure.traceback or ""):
        assert "hunter2" not in shown
        assert "deep-secret" not in shown
        assert "4711-4711" not in shown
        assert "for web" in shown


def test_a_secret_that_an_update_replaces_is_as_secret() -> None:
    stage = Stage(group("update", raising(ValueError("old one was old-secret"))), old={"Token": "old-secret"})

    assert stage.call("update").outcome == Raised(How.ERROR, "ValueError: old one was ***")


def test_attributes_that_must_not_be_echoed_are_secret_from_then_on() -> None:
    author = group("find", lambda *_: ("group-1", {"ApiKey": "key-4711", "Arn": "arn"}))
    stage = Stage(type("Group", (author,), {"create": lambda *_: raising(ValueError("key-4711 of arn"))()}))

    stage.call("find")

    assert stage.call("create").outcome == Raised(How.ERROR, "ValueError: *** of arn")


def test_the_response_url_is_in_no_reason_and_no_log() -> None:
    stage = Stage()
    author = group("create", raising(ValueError(f"PUT {stage.request.url} failed")))
    stage = Stage(author)

    outcome = stage.call("create").outcome

    assert isinstance(outcome, Raised)
    assert "X-Amz-Signature=sig" not in outcome.reason
    assert "X-Amz-Signature=sig" not in (stage.failures[0].traceback or "")


def test_a_reason_is_bounded() -> None:
    outcome = Stage(group("create", raising(ValueError("ü" * 6000)))).call("create").outcome

    assert isinstance(outcome, Raised)
    assert len(outcome.reason) == 1000
    assert outcome.reason.endswith("ü…")


def test_an_exception_that_cannot_tell_itself_is_an_outcome() -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert Stage(group("create", raising(Mute()))).call("create").outcome == Raised(How.ERROR, "Mute")


def test_an_endless_recursion_is_an_outcome() -> None:
    def create(*given: Any) -> Any:
        return create(*given)

    outcome = Stage(group("create", create)).call("create").outcome

    assert isinstance(outcome, Raised)
    assert outcome.reason.startswith("RecursionError")
    assert sys.getrecursionlimit() > 0
