"""The figures of both providers as rows of text, for the terminal and for the page."""

from collections.abc import Callable

from local.report.custom_resource.experiment import Experiment, Interleaving, Outcome, Traffic
from local.report.html import Wrong

NAIVE, OURS = "CDK's Provider", "IdempotentProvider"

#: A label, then what stands under each provider.
Row = tuple[str, str, str]


def traffic_rows(experiment: Experiment) -> list[Row]:
    """The load's table."""
    described: list[tuple[str, Callable[[Traffic], str]]] = [
        ("requests (a Create and its Delete)", lambda t: f"{t.requests:,}"),
        ("of which delivered twice", lambda t: f"{t.again:,}"),
        ("groups made", lambda t: _zero(sum(t.first) + sum(t.extra), but=t.requests)),
        ("groups made twice", lambda t: _zero(sum(t.extra))),
        ("groups left after every Delete", lambda t: _zero(t.left)),
        ("requests with contradictory answers", lambda t: _zero(t.contradictions)),
        ("requests never answered", lambda t: _zero(t.unanswered)),
        ("invocations per operation", lambda t: f"{t.invocations / (2 * t.requests):.2f}" if t.requests else "-"),
        ("time from Create to answer, median", lambda t: "-" if t.p50 is None else f"{1000 * t.p50:.0f} ms"),
    ]
    return [(label, show(experiment.naive), show(experiment.ours)) for label, show in described]


def call_rows(experiment: Experiment) -> list[tuple[str, str]]:
    """The calls of DynamoDB, one row an operation."""
    return [
        (what, ", ".join(f"{count:g} {call}" for call, count in sorted(calls.items())) or "none")
        for what, calls in experiment.calls.items()
    ]


def interleaving_rows(experiment: Experiment) -> list[tuple[str, ...]]:
    """One row an interleaving: what happens, who makes it happen, the vendor, and what came out at both."""
    return [(one.title, one.origin, one.mode, told(one.naive), told(one.ours)) for one in experiment.interleavings]


def told(outcome: Outcome) -> str:
    """What came of a request, in a line; marked where it must not be."""
    parts = [f"{outcome.made} made"]
    if outcome.left:
        parts.append(f"{outcome.left} left{' and reported' if outcome.is_reported else ''}")
    answers = [reply.status for reply in outcome.replies if reply.taken]
    if answers:
        parts.append(" ".join(dict.fromkeys(answers)))
    if outcome.status:
        parts.append(outcome.status.split(", ")[-1])
    if outcome.contradicts_itself:
        parts.append("contradictory")
    parts.append("never answered" if outcome.seconds is None else f"{outcome.seconds:.1f} s")
    text = ", ".join(parts)
    return Wrong(text) if outcome.faults else text


def death(experiment: Experiment) -> Interleaving | None:
    """The interleaving in which a worker dies once, whose ledgers are shown."""
    wanted = f"the worker dies after {experiment.kill_after}"
    return next((one for one in experiment.interleavings if one.title == wanted), None)


def ledger_rows(outcome: Outcome) -> list[tuple[str, str]]:
    """Everything that the vendor and CloudFormation saw of one request, in order."""
    seen = [(entry.made, f"vendor makes {entry.group}") for entry in outcome.ledger]
    seen += [(entry.deleted, f"vendor deletes {entry.group}") for entry in outcome.ledger if entry.deleted is not None]
    seen += [
        (reply.seconds, f"{reply.status} for {_short(reply.physical_id)}{'' if reply.taken else ', which is refused'}")
        for reply in outcome.replies
    ]
    rows = [(f"{seconds:.2f} s", text) for seconds, text in sorted(seen)]
    return rows + [("in the end", Wrong(f"{e.group} is billed")) for e in outcome.ledger if e.deleted is None]


def _zero(count: int, *, but: int = 0) -> str:
    """A count that ought to be zero, or another one."""
    text = f"{count:,}"
    return Wrong(text) if count > but else text


def _short(physical_id: str) -> str:
    return physical_id if len(physical_id) <= 24 else f"{physical_id[:23]}…"  # noqa: PLR2004 - what fits beside it
