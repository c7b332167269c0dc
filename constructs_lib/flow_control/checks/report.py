"""The results as text, and as JSON."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from constructs_lib.flow_control import rules
from constructs_lib.flow_control.checks.results import Found, NotChecked, Place, Results

_R = TypeVar("_R", Found, NotChecked)


def text(results: Results) -> str:
    """The results by resource, those with errors first; what is left, and the summary, at the end."""
    lines: list[str] = []
    broken = _by_place([*results.errors, *results.warnings])
    unseen = _by_place(results.not_checked)
    for place in dict.fromkeys([*broken, *unseen]):  # those with an error come first
        lines += [*_of_place(place, broken.get(place, []), unseen.get(place, [])), ""]
    for title, entries in _remarks(results):
        lines += [title, *(f"  {entry}" for entry in entries), ""]
    return "\n".join([*lines, summary(results)])


def summary(results: Results) -> str:
    """How much was found, in a sentence or two."""
    counts = [
        _count(len(results.errors), "error"),
        _count(len(results.warnings), "warning"),
        f"{len(results.acknowledged)} acknowledged",
    ]
    parts = [", ".join(counts)]
    if results.not_checked:
        hidden = dict.fromkeys(rule for each in results.not_checked for rule in each.rules)
        parts.append(f"not checked on {_count(len(results.not_checked), 'resource')}: {', '.join(hidden)}")
    if results.unread:
        parts.append(f"{len(results.unread)} not read")
    if results.ignored:
        verb = "does" if len(results.ignored) == 1 else "do"
        parts.append(f"{_count(len(results.ignored), 'acknowledgement')} that {verb} not count")
    looked_at = [_count(number, kind) for kind, number in results.looked_at.items()]
    return f"{'; '.join(parts)}. Looked at: {', '.join(looked_at) or 'nothing'}."


def fault(error: Exception) -> str:
    """What to say when the checks themselves are broken."""
    return (
        f"the checks failed, and checked nothing, by a fault of their own: {type(error).__name__}: {error}. "
        "Please report it, and leave them out until it is mended"
    )


def as_json(results: Results) -> str:
    """The results for programs."""
    answer = {
        "summary": {
            "errors": len(results.errors),
            "warnings": len(results.warnings),
            "acknowledged": len(results.acknowledged),
            "not_checked": len(results.not_checked),
            "unread": len(results.unread),
            "looked_at": results.looked_at,
        },
        "findings": [_finding(each) for each in results.found],
        "not_checked": [_unchecked(each) for each in results.not_checked],
        "unread": [{"where": each.where, "why": each.why} for each in results.unread],
        "ignored_acknowledgements": list(results.ignored),
    }
    return json.dumps(answer, indent=2)


def table() -> str:
    """The rules, one a line: those that a template shows first."""
    rows = [(each.id, each.level, each.is_decidable_from_a_template, each.what) for each in rules.RULES]
    rows.sort(key=lambda row: not row[2])
    width = max(len(rule_id) for rule_id, *_ in rows)
    lines = [f"{rule_id:<{width}}  {level:<7}  {what}" for rule_id, level, seen, what in rows if seen]
    others = [f"{rule_id:<{width}}  {level:<7}  {what}" for rule_id, level, seen, what in rows if not seen]
    return "\n".join([*lines, "", "Seen by the construct only:", *others])


def _by_place(remarks: Iterable[_R]) -> dict[Place, list[_R]]:
    """What there is to say of each resource."""
    found: dict[Place, list[_R]] = {}
    for each in remarks:
        found.setdefault(each.at, []).append(each)
    return found


def _of_place(place: Place, broken: Sequence[Found], unseen: Sequence[NotChecked]) -> Iterator[str]:
    yield f"{place.path} ({place.type} {place.logical_id} in {place.template.name})"
    involved = [*(each.involved for each in broken), *(each.involved for each in unseen)]
    if any(involved):
        yield f"  with {', '.join(dict.fromkeys(other.path for others in involved for other in others))}"
    for each in broken:
        yield f"  {each.level} {each.rule}: {each.message}"
        yield f"    why: {each.why}"
        yield f"    {each.source}"
    yield from (f"  {each.message}" for each in unseen)


def _remarks(results: Results) -> Iterator[tuple[str, list[str]]]:
    remarks = {
        "Acknowledged": [f"{each.rule} on {each.at.path}: {each.acknowledged}" for each in results.acknowledged],
        "Not read": [f"{each.where}: {each.why}" for each in results.unread],
        "Acknowledgements that do not count": list(results.ignored),
    }
    return ((title, entries) for title, entries in remarks.items() if entries)


def _finding(found: Found) -> dict[str, Any]:
    return {
        "rule": found.rule,
        "level": str(found.level),
        "message": found.message,
        "why": found.why,
        "source": found.source,
        "fix": found.fix,
        **_where(found.at),
        "locations": list(found.locations),
        "involved": [_where(each) for each in found.involved],
        "acknowledged": found.acknowledged,
    }


def _unchecked(each: NotChecked) -> dict[str, Any]:
    involved = [_where(other) for other in each.involved]
    return {"rules": list(each.rules), "unseen": list(each.unseen), **_where(each.at), "involved": involved}


def _where(place: Place) -> dict[str, str]:
    return {
        "path": place.path,
        "type": place.type,
        "template": str(place.template),
        "logical_id": place.logical_id,
    }


def _count(number: int, what: str) -> str:
    return f"{number} {what if number == 1 else f'{what}s'}"
