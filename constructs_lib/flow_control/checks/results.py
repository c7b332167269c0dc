"""What the checks find in an app, and what they could not check. No aws_cdk inside."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from constructs_lib._findings import Level
from constructs_lib.flow_control import rules
from constructs_lib.flow_control.checks.acknowledgements import NOT_CHECKED, Acknowledgements, Reasons
from constructs_lib.flow_control.checks.app import App
from constructs_lib.flow_control.checks.locations import locations
from constructs_lib.flow_control.checks.resources import Resource, Unread
from constructs_lib.flow_control.checks.subjects import Subject, subjects
from constructs_lib.flow_control.rules import Answer
from constructs_lib.flow_control.rules.words import in_a_row, in_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something was found.

    Attributes:
        path: The construct's path, or "<template's file>/<logical id>" where the template does not have it.
        type: The resource's CloudFormation type.
        template: The template's file.
        logical_id: The resource's name within it.
    """

    path: str
    type: str
    template: Path
    logical_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A rule that is broken.

    Attributes:
        rule: The rule's id, such as "R3".
        level: How bad it is.
        message: What is wrong, the values, and the fix.
        why: What happens when it is left so.
        source: Where that is known from.
        fix: The fix, in general.
        at: The resource.
        locations: The properties of that resource that the rule read, such as "Properties.BatchSize".
        involved: The other resources that the rule read.
        acknowledged: The author's reason to overrule it; None when it stands.
        cdk_overrules_at: The resource on which CDK will overrule it too, because CDK was told that reason.
    """

    rule: str
    level: Level
    message: str
    why: str
    source: str
    fix: str
    at: Place
    locations: tuple[str, ...]
    involved: tuple[Place, ...]
    acknowledged: str | None
    cdk_overrules_at: Place | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotChecked:
    """Rules that nobody could ask about a resource.

    Attributes:
        rules: Their ids.
        unseen: What cannot be seen, in words.
        at: The resource.
        involved: The other resources that the rules read.
    """

    rules: tuple[str, ...]
    unseen: tuple[str, ...]
    at: Place
    involved: tuple[Place, ...]

    @property
    def message(self) -> str:
        """All of it in a sentence."""
        return f"{', '.join(self.rules)} not checked: {in_a_row(self.unseen)} cannot be seen in the template"


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What the checks have to say of an app.

    Attributes:
        found: The rules that are broken: errors first, each level in the order of the resources.
        not_checked: What could not be checked, by resource.
        unread: What could not be read.
        ignored: Acknowledgements that do not count, in words.
        looked_at: How many things were looked at, by what they are: "mapping", "queue" and so on.
    """

    found: tuple[Found, ...]
    not_checked: tuple[NotChecked, ...]
    unread: tuple[Unread, ...]
    ignored: tuple[str, ...]
    looked_at: dict[str, int]

    def standing(self, level: Level) -> list[Found]:
        """The findings of a level that nobody acknowledged."""
        return [each for each in self.found if each.level is level and each.acknowledged is None]

    @property
    def errors(self) -> list[Found]:
        """The errors that nobody acknowledged."""
        return self.standing(Level.ERROR)

    @property
    def warnings(self) -> list[Found]:
        """The warnings that nobody acknowledged."""
        return self.standing(Level.WARNING)

    @property
    def acknowledged(self) -> list[Found]:
        """The findings that somebody acknowledged."""
        return [each for each in self.found if each.acknowledged is not None]

    @property
    def has_news(self) -> bool:
        """Whether there is more to say than that all is well, or acknowledged."""
        return bool(self.errors or self.warnings or self.not_checked or self.unread or self.ignored)


def check(app: App, *, acknowledged_above: Reasons | None = None) -> Results:
    """Return what the rules find in an app.

    Args:
        app: The app's templates.
        acknowledged_above: What is acknowledged above the stacks, by the path of the construct; the templates do not
            have it.
    """
    asked = list(subjects(app))
    everything = dict.fromkeys(each for subject in asked for each in (subject.resource, *subject.involved))
    reasons = Acknowledgements(everything, known=rules.rule_ids(), above=acknowledged_above or {})
    found: list[Found] = []
    not_checked: list[NotChecked] = []
    for subject in asked:
        answers = list(rules.answers(subject.facts))
        found += (_found(subject, each, reasons) for each in answers if not each.unseen)
        not_checked += _not_checked(subject, [each for each in answers if each.unseen], reasons)
    return Results(
        found=tuple(sorted(dict.fromkeys(found), key=lambda each: each.level is not Level.ERROR)),
        not_checked=tuple(not_checked),
        unread=tuple(app.unread),
        ignored=tuple(reasons.ignored(everything)),
        looked_at=_count(asked),
    )


def _found(subject: Subject, answer: Answer, reasons: Acknowledgements) -> Found:
    rule = answer.rule
    reason = reasons.of(rule.id, (subject.resource, *subject.involved))
    return Found(
        rule=rule.id,
        level=rule.level,
        message=answer.message,
        why=rule.why,
        source=rule.source,
        fix=rule.fix,
        at=_place(subject.resource),
        locations=locations(subject.facts, rule.needs, subject.resource),
        involved=_involved(subject),
        acknowledged=reason.reason if reason is not None else None,
        cdk_overrules_at=_place(reason.at) if reason is not None and reason.by_cdk else None,
    )


def _not_checked(subject: Subject, hidden: Iterable[Answer], reasons: Acknowledgements) -> Iterator[NotChecked]:
    """The rules that nobody could ask, together, because one hidden value hides many; nothing when there are none."""
    resources = (subject.resource, *subject.involved)
    standing = [each for each in hidden if reasons.of(each.rule.id, resources) is None]
    if standing and reasons.of(NOT_CHECKED, resources) is None:
        yield NotChecked(
            rules=tuple(dict.fromkeys(each.rule.id for each in standing)),
            unseen=tuple(dict.fromkeys(in_words(name) for each in standing for name in each.unseen)),
            at=_place(subject.resource),
            involved=_involved(subject),
        )


def _place(resource: Resource) -> Place:
    file = resource.template.file
    return Place(path=resource.path, type=resource.type, template=file, logical_id=resource.logical_id)


def _involved(subject: Subject) -> tuple[Place, ...]:
    return tuple(_place(each) for each in subject.involved)


def _count(asked: Iterable[Subject]) -> dict[str, int]:
    """How many subjects there are of each kind."""
    return dict(Counter(subject.kind for subject in asked))
