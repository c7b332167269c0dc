"""A sizing as text: one number a line, what it means, and, where asked for, why."""

import textwrap
from dataclasses import fields

from constructs_lib.sizing.explain import Explanation, explain
from constructs_lib.sizing.inputs import Inputs
from constructs_lib.sizing.limits import DAY
from constructs_lib.sizing.result import Sizing

_WIDTH = 100
#: What each number is, and its unit; the words of `Sizing`, shortened.
_MEANINGS = {
    "strategy": ("", "how calls are kept within the rate"),
    "max_concurrency": ("", "workers at most"),
    "littles_law_concurrency": ("", "workers that make just the rate"),
    "utilisation": ("", "share of the rate that the workers reach"),
    "pace": ("s", "a message occupies its worker at least"),
    "call_timeout": ("s", "for one call"),
    "function_timeout": ("s", "for an invocation"),
    "visibility_timeout": ("s", "six of these"),
    "max_receive_count": ("", "receives, then the dead-letter queue"),
    "backoff_cap": ("s", "longest wait before a retry"),
    "retry_span": ("s", "from first to last receive, on average"),
    "least_retry_span": ("s", "the same for 999 of 1000 messages"),
    "retention": ("s", "the queue keeps a message"),
    "loss_probability": ("", "dead-lettered though the downstream is up"),
    "cost_per_million": ("USD", "for a million messages"),
    "goodput": ("/s", "succeed at the downstream's whole rate"),
    "load_after": ("/s", "go on arriving after the load"),
    "peak_arrival": ("/s", "arrive at most"),
    "peak_backlog": ("", "messages wait at most, at the goodput"),
    "drain_time": ("s", "from there until none waits"),
    "max_wait": ("s", "longest wait, at the goodput"),
    "expected_goodput": ("/s", "succeed by these workers, as expected"),
    "expected_peak_backlog": ("", "messages wait at most, as expected"),
    "expected_drain_time": ("s", "from there until none waits"),
    "expected_max_wait": ("s", "longest wait, as expected"),
    "age_alarm": ("s", "age of the oldest message that is worth an alarm"),
    "backlog_alarm": ("", "messages waiting that are worth an alarm"),
}


def text(inputs: Inputs, sized: Sizing, *, explained: bool) -> str:
    """The table, with what cannot work and what may surprise below."""
    reasons = {each.name: each for each in explain(inputs, sized)} if explained else {}
    lines: list[str] = []
    for name in (field.name for field in fields(sized) if field.name in _MEANINGS):
        unit, meaning = _MEANINGS[name]
        lines.append(f"{name:<25}{_shown(getattr(sized, name), unit):<22}{meaning}")
        if name in reasons:
            lines += _reason(reasons[name])
    for title, found in (("problem", sized.problems), ("warning", sized.warnings)):
        for message in found:
            lines += ["", *textwrap.wrap(f"{title}: {message}", _WIDTH, subsequent_indent="    ")]
    return "\n".join(lines) + "\n"


def _reason(reason: Explanation) -> list[str]:
    formula = textwrap.wrap(f"= {reason.formula}", _WIDTH, initial_indent="    ", subsequent_indent="      ")
    why = textwrap.wrap(reason.why, _WIDTH, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False)
    return [*(formula if reason.formula else []), *why]


def _shown(value: object, unit: str) -> str:
    if value is None:
        return "unknown"
    if not isinstance(value, int | float):
        return str(value)
    number = f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"
    return f"{number} {unit}{_longer(value) if unit == 's' else ''}".replace(" /s", "/s").rstrip()


def _longer(seconds: float) -> str:
    """The same in a unit that is read more easily."""
    if seconds >= 2 * DAY:
        return f" ({seconds / DAY:.3g} d)"
    if seconds >= 2 * 3600:
        return f" ({seconds / 3600:.3g} h)"
    return f" ({seconds / 60:.3g} min)" if seconds >= 2 * 60 else ""
