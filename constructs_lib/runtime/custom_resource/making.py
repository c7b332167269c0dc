"""Making a resource once: call `create`, or find what a run that was cut off has made."""

from collections.abc import Generator
from typing import Any

from constructs_lib.runtime._shared.change import Item
from constructs_lib.runtime.custom_resource import transitions
from constructs_lib.runtime.custom_resource.case import Case, call
from constructs_lib.runtime.custom_resource.contract import Metric
from constructs_lib.runtime.custom_resource.leftovers import remove
from constructs_lib.runtime.custom_resource.record import Being, Instance, instance, operation
from constructs_lib.runtime.custom_resource.steps import Called, How, Made, Note, Raised, Step, Write


def make(case: Case, item: Item) -> Generator[Step, Any, tuple[Item, Called]]:
    """Have the author's `create` called, or learn what an earlier call of it has made. Returns the record, too."""
    token = case.token(item)
    made, known = instance(item, token), operation(item, case.request.request_id)
    assert made is not None  # noqa: S101 - the intent is written before anything is made
    assert known is not None  # noqa: S101 - the claim has written it
    if made.being is Being.DELETING:
        removed = yield from remove(case, item, token, made)
        if isinstance(removed, Raised):
            return item, Called(removed, checkpoint=made.physical_id)
        written = yield Write(transitions.renew(item, case.request, case.me, case.traits.replace_on))
        if not written.won:
            return item, Called(Raised(How.LEASE_LOST))
        item = written.item
    elif made.attempt != known.attempt or case.traits.can_find:
        is_fresh = made.attempt == known.attempt
        return item, (yield from _adopt(case, item, token, made, is_fresh=is_fresh))
    return item, (yield from call(case, item, "create", token=case.token(item)))


def _adopt(case: Case, item: Item, token: str, made: Instance, *, is_fresh: bool) -> Generator[Step, Any, Called]:
    """Learn what a killed run has made; make it, where it surely was not made.

    Where a lookup is offered it is made before a first create, too (`is_fresh`): the record may have been lost.
    """
    if case.traits.can_find:
        return (yield from _found(case, item, token, made, is_fresh=is_fresh))
    if case.traits.honours_token:
        called = yield from call(case, item, "create", token=token)
        if isinstance(called.outcome, Made):
            yield Note(Metric.ADOPTED, f"{called.outcome.physical_id} is the resource of the token of a cut-off run")
        return called
    if made.physical_id is not None:
        return _cut_off(made)
    reason = (
        f"ambiguous: the function was cut off while it created the resource, and the vendor offers neither a token nor "
        f"a lookup that would tell whether it exists; look for a resource made for the token {token}, delete it by "
        f"hand, and deploy again"
    )
    yield Note(Metric.AMBIGUOUS, reason)
    return Called(Raised(How.ERROR, reason))


def _found(case: Case, item: Item, token: str, made: Instance, *, is_fresh: bool) -> Generator[Step, Any, Called]:
    found = yield from call(case, item, "find", token=token)
    match found.outcome:
        case Made(physical_id=None) if made.physical_id is not None:
            return _cut_off(made)  # the lookup may lag behind, or the resource was deleted since
        case Made(physical_id=None):
            return (yield from call(case, item, "create", token=token))
        case Made():
            yield Note(Metric.ADOPTED, f"{found.outcome.physical_id} was made by a run that was cut off; it is adopted")
        case Raised(how=how) if how is not How.LEASE_LOST:
            # Whatever the lookup says by it: it is no word on what an earlier run has made.
            return Called(found.outcome._replace(how=How.FAILED if is_fresh else How.ERROR), found.checkpoint)
    return found


def _cut_off(made: Instance) -> Called:
    reason = f"the function was cut off after it had created {made.physical_id}, before it had finished"
    return Called(Raised(How.FAILED, reason, made.physical_id), checkpoint=made.physical_id)
