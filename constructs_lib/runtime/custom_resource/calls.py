"""Calls the author's methods, and tells the protocol how each call ended."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from constructs_lib.runtime._shared.change import Written
from constructs_lib.runtime._shared.errors import TableUnavailable
from constructs_lib.runtime.custom_resource import transitions
from constructs_lib.runtime.custom_resource.context import Context, ControlFlow, Replace
from constructs_lib.runtime.custom_resource.outcome import Failed, NotFound
from constructs_lib.runtime.custom_resource.request import Request
from constructs_lib.runtime.custom_resource.returned import understood
from constructs_lib.runtime.custom_resource.steps import Call, Called, Clock, How, Made, Pending, Raised, Traits, Write

#: Characters of an exception's text that its reason keeps.
LONGEST_REASON = 1000

#: Seconds of the function's time that the author does not get: to commit the answer and to send it.
RESERVE = 2.0


class Author(NamedTuple):
    """The author's class, as far as it is called. Give the fields by name.

    Attributes:
        make: Makes the author's object: a new one in each invocation, because nothing may survive one.
        traits: What the protocol knows of it.
        can_poll: Whether it has `poll`.
        redact: Names of properties whose values are secret.
    """

    make: Callable[[], Any]
    traits: Traits = Traits()
    can_poll: bool = False
    redact: frozenset[str] = frozenset()


class Failure(NamedTuple):
    """What is logged of a method that failed; both texts are without secrets.

    Attributes:
        request: What was asked.
        method: Which method.
        reason: Why it failed.
        traceback: Where; None where nothing was raised.
    """

    request: Request
    method: str
    reason: str
    traceback: str | None = None


class Caller:
    """Calls the author's methods for one request, in one invocation.

    Args:
        author: Whose.
        request: What CloudFormation asks, or what is known of it.
        clock: How much time is left.
        write: Performs the write of a checkpoint.
        log: Where failures go.
    """

    def __init__(
        self,
        author: Author,
        request: Request,
        *,
        clock: Clock,
        write: Callable[[Write], Written],
        log: Callable[[Failure], None],
    ) -> None:
        self._author = author
        self._object: Any = None
        self._request = request
        self._clock = clock
        self._write = write
        self._log = log
        self._returned_secrets: list[str] = []

    def __call__(self, call: Call) -> Called:
        """Call a method. Whatever it raises, but for what stops the process, is an outcome."""
        ctx = Context(
            self._request._replace(url="", request_id=call.made_for, resource_type=call.resource_type),
            token=call.token,
            method=call.method,
            remaining=self._remaining,
            checkpoint=lambda physical_id: self._checkpoint(call, physical_id),
        )
        try:
            outcome = self._outcome(call, ctx)
        finally:
            checkpoint, is_lost = ctx._close()  # noqa: SLF001 - the half of the context that authors must not see
        if is_lost:
            outcome = Raised(How.LEASE_LOST)
        elif _contradicts(outcome, checkpoint):
            reason = f"{call.method} returned {outcome.physical_id!r} after ctx.created({checkpoint!r}): both may exist"
            outcome = self._logged(call, Raised(How.FAILED, reason, checkpoint))
        return Called(outcome, checkpoint)

    def _outcome(self, call: Call, ctx: Context) -> Made | Pending | Raised:
        try:
            if self._object is None:
                self._object = self._author.make()
            value = getattr(self._object, call.method)(ctx, *self._arguments(call))
        except ControlFlow as flow:
            return Raised(How.REPLACE if isinstance(flow, Replace) else How.LEASE_LOST)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it is, CloudFormation must be told
            return self._raised(call, error)
        outcome = understood(call, value, can_poll=self._author.can_poll)
        if isinstance(outcome, Raised):
            return self._logged(call, outcome)
        if isinstance(outcome, Made):
            self._remember_secrets(outcome.attributes)
        return outcome

    def _raised(self, call: Call, error: BaseException) -> Made | Raised:
        reason = self._redacted(describe(error))
        if len(reason) > LONGEST_REASON:
            reason = f"{reason[: LONGEST_REASON - 1]}…"
        if isinstance(error, NotFound):
            # Nothing was found, or what was being deleted is gone.
            is_well = call.method == "find" or (call.method == "poll" and call.made_by == "Delete")
            return Made() if is_well else Raised(How.NOT_FOUND, reason)
        if isinstance(error, Failed):
            return self._logged(call, Raised(How.FAILED, reason, error.physical_id), error)
        return self._logged(call, Raised(How.ERROR, reason), error)

    def _arguments(self, call: Call) -> tuple[Any, ...]:
        """Copies: an author who changes them must not change what is asked."""
        if call.method == "poll":
            return (_copied(call.state),)
        properties = _copied(self._request.properties if call.properties is None else call.properties)
        if call.method == "update":
            return call.physical_id, properties, _copied(self._request.old_properties)
        return (call.physical_id, properties) if call.method == "delete" else (properties,)

    def _remaining(self) -> float:
        return self._clock.remaining() - RESERVE

    def _checkpoint(self, call: Call, physical_id: str) -> bool:
        try:
            return self._write(Write(transitions.checkpoint(self._request.key, call, physical_id))).won
        except TableUnavailable as error:
            # The id is not lost: it is committed with the outcome. To stop the author here would help nobody.
            reason = f"{physical_id} exists, which could not be recorded at once: {error}"
            self._log(Failure(self._request, "ctx.created()", self._redacted(reason)))
            return True

    def _logged(self, call: Call, raised: Raised, error: BaseException | None = None) -> Raised:
        traceback = None if error is None else self._redacted(_traceback(error))
        self._log(Failure(self._request, call.method, raised.reason, traceback))
        return raised

    def _redacted(self, text: str) -> str:
        from constructs_lib.runtime.custom_resource.redact import redact  # noqa: PLC0415 - failures are rare

        request, names = self._request, self._author.redact
        return redact(
            text,
            [
                request.url,
                *_secrets(request.properties, names),
                *_secrets(request.old_properties, names),
                *self._returned_secrets,
            ],
        )

    def _remember_secrets(self, attributes: object) -> None:
        no_echo = self._author.traits.no_echo
        if no_echo and isinstance(attributes, Mapping):
            self._returned_secrets += _secrets(attributes, no_echo)


def _contradicts(outcome: Made | Pending | Raised, checkpoint: str | None) -> bool:
    """Whether a method returned another id than it gave to ctx.created()."""
    is_other = checkpoint is not None and outcome.physical_id not in (None, checkpoint)
    return is_other and not isinstance(outcome, Raised)


def describe(error: BaseException) -> str:
    """The error's type and text; of a Failed, the text alone. Even when the error fails to give its text."""
    name = type(error).__name__
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - whatever the author's __str__ does, CloudFormation must be told something
        return name
    if isinstance(error, Failed):
        return text or "no reason given"
    return f"{name}: {text}" if text else name


def _traceback(error: BaseException) -> str:
    from traceback import format_exception  # noqa: PLC0415 - failures are rare

    try:
        return "".join(format_exception(error))
    except Exception:  # noqa: BLE001 - as above
        return f"the traceback of {type(error).__name__} could not be written"


def _copied(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, Mapping):
        return {name: _copied(one) for name, one in value.items()}
    return [_copied(one) for one in value] if isinstance(value, list) else value


def _secrets(value: object, names: frozenset[str]) -> Iterator[str]:
    """Every text and number under one of the names, at any depth."""
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from _leaves(one) if name in names else _secrets(one, names)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _secrets(one, names)


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, Mapping | list | tuple):
        for one in value.values() if isinstance(value, Mapping) else value:
            yield from _leaves(one)
    elif value is not None and not isinstance(value, bool):
        yield str(value)
