"""Write docs/flow_control_rules.md: the table of the rules, and their examples, which the tests run.

Started by `make docs`.
"""

import re
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

from constructs_lib.flow_control import rules
from constructs_lib.flow_control.rules import Rule

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "flow_control_rules.md"
EXAMPLES = ROOT / "tests" / "flow_control" / "rules" / "examples"

_INTRODUCTION = """\
# The rules of flow control

What the settings of a queue, its sources and its consumer must satisfy, so that messages are not lost, not done
twice, and not thrown at a neighbour too fast. An **error** loses messages, is refused at deploy, or breaks a promise; a
**warning** may be meant.

* **The construct**, [FlowControlledQueue](flow_control.md), asks at synth, of itself. Errors stop the synthesis.
* **The checks**, `FlowControlChecks()` and `python -m constructs_lib.flow_control.checks`, ask of any app's
  [templates](flow_control_checks.md).

Whoever knows better overrules a rule by its id, and says why: `acknowledge={"R3": "..."}` of the construct, or
`acknowledge: { R3: "..." }` under `constructs-lib` in a resource's `Metadata`. A rule whose values cannot be seen (a
token, a parameter, an imported queue) says that it was not checked.

This page is written by `make docs`, from the table by which both run (`constructs_lib/flow_control/rules`).
"""

_DECIDABLE = """\
## What a template shows

Decidable from a template, of apps that never heard of this library: {decidable}.

The others need what only an author can say, such as the rate of the downstream, and are asked of flows: {others}.
"""

_LEFT_OUT = """\
## What there is no rule for

The numbers that are missing were thought of, and left out:

* **R36, R37**, an API destination's five seconds and its 24 hours: no flow sends through an API destination.
* **R42**, a circuit breaker without a rate limit, or one that counts refusals: there is no breaker.
* **R43**, side effects without idempotency: nobody declares side effects, and any handler may be called twice. Give the
  downstream an idempotency key.
* Of **R27**, that a FIFO queue's dead letters break its order, and that a backoff holds up the group: both are so, and
  R10 asks for the dead-letter queue all the same, since a message that always fails holds up its group for good. And
  that there are more workers than message groups: nobody declares the groups.
* Of **R16**, an answer that is neither empty nor a list of failures: code is read, and never run.
* Of **R21**, provisioned mode before a downstream with a rate: flows do not use it, and other mappings declare no rate.
* Of **R38**, the subscribers of custom event buses that give up after five minutes: the checks do not know them.
"""

_EXAMPLES = """\
## Rule by rule

An example in YAML changes [a template that is sound](../tests/flow_control/rules/examples/base.yaml): a resource that
is named gets what the example has, and loses what is `null`. An example in Python stands in a stack, `self`; its
`function` may run ten seconds. The tests hold that what is unsafe breaks its rule, and what is safe breaks none.
"""


def page() -> str:
    """The whole page."""
    sides = {rule_id: [each for each in rules.RULES if each.id == rule_id] for rule_id in rules.rule_ids()}
    parts = [
        _INTRODUCTION,
        "\n".join(_overview(sides)),
        _decidable(sides),
        _LEFT_OUT,
        _EXAMPLES,
        *("\n".join(_chapter(rule_id, each)) for rule_id, each in sides.items()),
    ]
    return "\n".join(parts)


def _decidable(sides: dict[str, list[Rule]]) -> str:
    decidable = [rule_id for rule_id, each in sides.items() if _is_asked_by_checks(each)]
    others = [rule_id for rule_id in sides if rule_id not in decidable]
    text = _DECIDABLE.format(decidable=", ".join(decidable), others=", ".join(others))
    return "\n".join(_wrapped(line) for line in text.splitlines()) + "\n"


def _overview(sides: dict[str, list[Rule]]) -> Iterator[str]:
    yield "| rule | level | is broken when | asked by |"
    yield "|---|---|---|---|"
    for rule_id, rules_of_id in sides.items():
        levels = ", ".join(dict.fromkeys(each.level for each in rules_of_id))
        what = "; ".join(dict.fromkeys(each.what for each in rules_of_id))
        yield f"| {rule_id} | {levels} | {what} | {_askers(rules_of_id)} |"
    yield ""


def _chapter(rule_id: str, sides: Sequence[Rule]) -> Iterator[str]:
    yield f"### {rule_id}"
    yield ""
    shown = list(_examples(rule_id))
    if len(shown) == len(sides):
        for side, example in zip(sides, shown, strict=True):
            yield from _side(side)
            yield from example
        return
    for side in sides:
        yield from _side(side)
    for example in shown:
        yield from example


def _side(rule: Rule) -> Iterator[str]:
    yield _wrapped(f"**{rule.level.capitalize()}**: {rule.what}. Asked by {_askers([rule])}.")
    yield ""
    yield _wrapped(f"* Why: {rule.why} {_source(rule.source)}", indent="  ")
    yield _wrapped(f"* Fix: {rule.fix}", indent="  ")
    yield ""


def _wrapped(text: str, *, indent: str = "") -> str:
    return textwrap.fill(text, 120, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _source(source: str) -> str:
    if source.startswith("https://"):
        return f"([AWS]({source}))"
    document = source.removeprefix("ours: docs/")
    return f"(see [{document}]({document}))"


def _examples(rule_id: str) -> Iterator[list[str]]:
    """The lines of each example, as they stand in its file."""
    text = (EXAMPLES / f"{rule_id}.yaml").read_text(encoding="utf-8")
    for document in text.split("---\n"):
        unsafe, safe = re.split(r"^safe:.*\n", document.partition("\n")[2], flags=re.MULTILINE)
        language = "python" if document.startswith("unsafe: |") else "yaml"
        yield [*_block("Unsafe", language, unsafe), *_block("Safe", language, safe)]


def _block(title: str, language: str, source: str) -> Iterator[str]:
    yield f"{title}:"
    yield ""
    yield f"```{language}"
    yield from (line.removeprefix("  ") for line in source.rstrip().splitlines())
    yield "```"
    yield ""


def _askers(sides: Sequence[Rule]) -> str:
    construct = any(each.is_asked_by_flows for each in sides)
    checks = _is_asked_by_checks(sides)
    return " and ".join([*(["the construct"] if construct else []), *(["the checks"] if checks else [])])


def _is_asked_by_checks(sides: Sequence[Rule]) -> bool:
    return any(each.is_decidable_from_a_template for each in sides)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)}: {len(rules.rule_ids())} rules")
