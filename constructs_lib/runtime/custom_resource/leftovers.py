"""Resources that CloudFormation does not know of: what a killed or failed run may have left."""

from collections.abc import Generator, Mapping
from enum import Enum
from typing import Any, Literal

from constructs_lib.runtime._shared.change import Item
from constructs_lib.runtime.custom_resource.case import Case, call
from constructs_lib.runtime.custom_resource.contract import Metric
from constructs_lib.runtime.custom_resource.digest import digest
from constructs_lib.runtime.custom_resource.record import Being, Instance, instances, operation
from constructs_lib.runtime.custom_resource.request import Request
from constructs_lib.runtime.custom_resource.steps import Called, How, Made, Note, Pending, Raised, Step


class _Unknown(Enum):
    UNKNOWN = "unknown"


_UNKNOWN: Literal[_Unknown.UNKNOWN] = _Unknown.UNKNOWN


def loose(case: Case, item: Item, *, but: str) -> dict[str, Instance]:
    """The resources that may exist without CloudFormation's wanting them, `but` the one of a token."""
    return {
        token: one
        for token, one in instances(item).items()
        if token != but and (one.being.loose or _is_given_up(item, one, case.request))
    }


def _is_given_up(item: Item, one: Instance, request: Request) -> bool:
    """Whether it replaced the very resource that CloudFormation asks to update now, and so goes on with.

    CloudFormation accepts the answer of an Update that it has cancelled, and ignores it. Only where events have an
    order is it certain that this Update is the later one.
    """
    if request.type != "Update" or request.signed_at is None or one.being is not Being.LIVE or one.made_by != "Update":
        return False
    by = operation(item, one.request_id)
    return by is not None and by.physical_id == request.physical_id != one.physical_id


def remove(
    case: Case, item: Item, token: str, one: Instance, *, properties: Mapping[str, Any] | None = None
) -> Generator[Step, Any, Instance | Pending | Raised]:
    """Delete a resource of which the record may only have the token. Returns what is known of it now.

    `properties`: those that it was made with, where they are not the request's.
    """
    physical_id = yield from _learn(case, item, token, one, properties)
    if isinstance(physical_id, Raised):
        return physical_id
    if physical_id is _UNKNOWN:
        text = (
            f"whether request {one.request_id} left a resource cannot be known: look for one made for the token "
            f"{token}, and delete it by hand"
        )
        yield Note(Metric.AMBIGUOUS, text)
        return one._replace(being=Being.REPORTED)
    if physical_id is None:
        return one._replace(being=Being.GONE)
    called = yield from call(
        case, item, "delete", token=token, made=one, properties=properties, physical_id=physical_id
    )
    match called.outcome:
        case Made() | Raised(how=How.NOT_FOUND):
            return one._replace(being=Being.GONE, physical_id=physical_id)
        case Pending() as pending:
            return pending._replace(physical_id=physical_id)
        case Raised() as raised:
            return raised._replace(physical_id=physical_id)


def unsure(one: Instance) -> Instance:
    """What is known of a resource after it could not be removed."""
    return one._replace(being=Being.UNSURE) if one.being is Being.INTENT else one


def reap(case: Case, item: Item, left: Mapping[str, Instance]) -> Generator[Step, Any, dict[str, Instance]]:
    """Delete or report what is left over. Returns what is known of it now.

    What cannot be deleted is reported and stays in the record, so that the next request tries again. So does, without a
    word, what can only be deleted by an event that has its properties.
    """
    known = {}
    for token, one in left.items():
        properties = _made_with(case, token, one)
        if case.settings.on_orphan == "report":
            yield Note(Metric.ORPHANED, f"request {one.request_id} left {_name(token, one)}, which nobody will delete")
            known[token] = one._replace(being=Being.REPORTED)
        elif properties is not None:
            known[token] = yield from _reaped(case, item, token, one, properties)
        elif case.has_properties:
            # With others, a vendor of many regions would look in the wrong one, and find nothing.
            text = (
                f"request {one.request_id} left {_name(token, one)}, made with properties that are not known any more"
            )
            yield Note(Metric.ORPHANED, text)
            known[token] = one
    return known


def _reaped(
    case: Case, item: Item, token: str, one: Instance, properties: Mapping[str, Any]
) -> Generator[Step, Any, Instance]:
    result = yield from remove(case, item, token, one, properties=properties)
    match result:
        case Instance(being=Being.GONE):
            if result.physical_id is not None:
                yield Note(Metric.ORPHAN_REAPED, f"deleted {result.physical_id}, left by request {one.request_id}")
            return result
        case Pending():  # it is on its way out, and nobody waits for it
            return one._replace(being=Being.GONE, physical_id=result.physical_id)
        case Raised(how=How.LEASE_LOST):
            return one
        case Raised():
            yield Note(Metric.ORPHANED, f"request {one.request_id} left {_name(token, one)}: {result.reason}")
            return unsure(one._replace(physical_id=result.physical_id))
    return result


def _made_with(case: Case, token: str, one: Instance) -> Mapping[str, Any] | None:
    """The properties that a resource was made with, if this event has them: a rollback has them as the old ones."""
    for properties in (case.request.properties, case.request.old_properties):
        if digest(token, properties) == one.made_with:
            return properties
    return None


def _learn(
    case: Case, item: Item, token: str, one: Instance, properties: Mapping[str, Any] | None
) -> Generator[Step, Any, str | Raised | Literal[_Unknown.UNKNOWN] | None]:
    """The id of the resource of a token; None when there is none."""
    if one.physical_id is not None:
        return one.physical_id
    if case.traits.can_find:
        found = yield from call(case, item, "find", token=token, made=one, properties=properties)
        is_told = isinstance(found.outcome, Made) and found.outcome.physical_id != ""
        return found.outcome.physical_id if is_told else _not_learned(found, one)
    if case.traits.honours_token and not case.has_properties:
        text = f"whether request {one.request_id} left a resource can only be found out by an event with its properties"
        return Raised(How.ERROR, text)
    if case.traits.honours_token:
        # The vendor answers the same token with the same resource. If it never had the first call, it makes one now;
        # that one is deleted at once.
        called = yield from call(case, item, "create", token=token, made=one, properties=properties)
        how = called.outcome.how if isinstance(called.outcome, Raised) else None
        if (physical_id := called.checkpoint or called.outcome.physical_id) or how is How.FAILED:
            return physical_id or None
        # The create that made it so had failed too: it fails for good, and nothing would ever be learned.
        is_hopeless = one.being is Being.UNSURE and how is not How.LEASE_LOST
        return _UNKNOWN if is_hopeless else _not_learned(called, one)
    return _UNKNOWN


def _not_learned(called: Called, one: Instance) -> Raised:
    outcome = called.outcome
    if isinstance(outcome, Raised) and outcome.how is How.LEASE_LOST:
        return outcome
    reason = outcome.reason if isinstance(outcome, Raised) else "the id is empty"
    return Raised(How.ERROR, f"whether request {one.request_id} left a resource could not be found out: {reason}")


def _name(token: str, one: Instance) -> str:
    return one.physical_id or f"perhaps a resource (token {token})"
