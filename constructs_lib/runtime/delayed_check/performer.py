"""Performs the protocol's steps for real."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from constructs_lib.runtime._shared.change import Change, Written
from constructs_lib.runtime.delayed_check import transitions
from constructs_lib.runtime.delayed_check.case import Case
from constructs_lib.runtime.delayed_check.check_handler import CheckHandler
from constructs_lib.runtime.delayed_check.context import Context
from constructs_lib.runtime.delayed_check.contract import RUN, Experiment, Metric, Settings
from constructs_lib.runtime.delayed_check.errors import Ambiguous, AuthorFailed, NotMade, Rejected
from constructs_lib.runtime.delayed_check.steps import (
    Contact,
    Frozen,
    IsSettled,
    MayContact,
    Note,
    Placed,
    Reconcile,
    Refused,
    Schedule,
    Send,
    Step,
    Suppression,
    Unsure,
    Write,
)

#: Seconds, some thirty years: what is longer is no time to wait.
_LONGEST_WAIT = 1e9


class Table(Protocol):
    """Where the rows are."""

    def write(self, change: Change) -> Written:
        """Make a change, if its conditions hold."""


class Outbound(Protocol):
    """SQS and Scheduler. An exception means that it may not have happened."""

    def send(self, queue_arn: str, body: Mapping[str, Any], *, delay: int) -> None:
        """Send a message, to be received after so many seconds at the earliest."""

    def schedule(self, schedule: Schedule, settings: Settings) -> None:
        """Have Scheduler send a message to the check queue. A schedule of that name that exists already will do."""


class Switch(Protocol):
    """Where the kill switch is read."""

    def read(self, name: str) -> str | None:
        """Its value, at most a second old; None where it cannot be read."""


class Journal(Protocol):
    """Where what happens is logged and counted."""

    def note(self, note: Note, *, check: str, unit: str | None) -> None:
        """Log what the protocol has to say."""

    def failure(self, method: str, error: Exception, *, check: str, unit: str) -> None:
        """Log that a method of the author's failed: the kind of error and where, not its text, which may name whom."""


class World(NamedTuple):
    """Everything that the handlers do not compute themselves. Give the fields by name.

    Attributes:
        table: The rows.
        outbound: The queues.
        switch: The kill switch.
        journal: The log.
        experiments: Those that were read before, by key and version.
    """

    table: Table
    outbound: Outbound
    switch: Switch
    journal: Journal
    experiments: dict[tuple[str, int], Experiment]


class Performer:
    """Performs steps for one order, in one invocation.

    Args:
        case: What is being worked on.
        author: Whose methods are called.
        world: What the steps are performed on.

    Attributes:
        called: Whether the provider was called: only then has the message used up some of the provider's rate.
    """

    def __init__(self, case: Case, *, author: CheckHandler, world: World) -> None:
        self._case = case
        self._author = author
        self._world = world
        self._unit = case.order.unit
        self.called = False

    def __call__(self, step: Step) -> Any:  # noqa: ANN401, PLR0911 - each step has an answer of its own
        """Perform a step, and say what came of it.

        Raises:
            Unanswered: It could not be done, or a method of the author's failed, `contact` excepted.
        """
        settings = self._case.settings
        match step:
            case Write(change):
                return self._world.table.write(change)
            case Frozen():
                return self._frozen()
            case IsSettled() | Suppression() | Reconcile():
                return self._ask(step)
            case MayContact():
                value = self._world.switch.read(settings.kill_switch)
                return None if value is None else value == RUN
            case Contact():
                return self._contact(step)
            case Send(queue, body, delay):
                arn = settings.check_queue_arn if queue == "check" else settings.contact_queue_arn
                return self._world.outbound.send(arn, body, delay=delay)
            case Schedule():
                return self._world.outbound.schedule(step, settings)
            case Note():
                return self._world.journal.note(step, check=settings.check, unit=self._unit)

    def _ask(self, step: IsSettled | Suppression | Reconcile) -> Any:  # noqa: ANN401 - as above
        context, unit = self._context(), self._unit
        match step:
            case IsSettled():
                return self._answer("is_settled", bool, context, unit)
            case Suppression():
                return self._answer("suppress", str | None, context, unit)
            case Reconcile(token):
                self.called = True
                return self._answer("reconcile", str | None, context, unit, token)

    def _answer(self, method: str, allowed: Any, *arguments: object) -> Any:  # noqa: ANN401 - whatever an author returns
        try:
            found = getattr(self._author, method)(*arguments)
        except NotMade as error:
            raise AuthorFailed(str(error)) from None
        except Exception as error:  # noqa: BLE001 - an author's method may raise anything
            self._world.journal.failure(method, error, check=self._case.check, unit=self._unit)
            raise AuthorFailed(f"{method} raised {type(error).__name__}, which the log has the place of") from None
        if not isinstance(found, allowed):
            names = getattr(allowed, "__name__", str(allowed))
            msg = f"{method} must return {names}, got {type(found).__name__}: nobody is contacted on a guess"
            raise AuthorFailed(msg)
        return found

    def _context(self, timeout: float | None = None) -> Context:
        return Context(self._case, timeout=self._case.clock.remaining() if timeout is None else timeout)

    def _contact(self, step: Contact) -> Placed | Refused | Unsure:
        self.called = True
        try:
            found: object = self._author.contact(self._context(step.timeout), self._unit, step.arm, step.token)
        except Rejected as error:
            return Refused(str(error.reason), _seconds(error.after), bool(error.retry))
        except Ambiguous as error:
            return Unsure(str(error.reason))
        except Exception as error:  # noqa: BLE001 - whatever it was, the request may have left before
            self._world.journal.failure("contact", error, check=self._case.check, unit=self._unit)
            return Unsure(f"contact raised {type(error).__name__}")
        if not isinstance(found, str) or not found:
            return Unsure(f"contact returned {type(found).__name__}, and not the provider's id")
        return Placed(found)

    def _frozen(self) -> Experiment:
        experiment = self._case.settings.experiment
        assert experiment is not None  # noqa: S101 - the protocol asks only where there is one
        name = (experiment.key, experiment.version)
        if name not in self._world.experiments:
            self._world.experiments[name] = self._freeze(experiment)
        return self._world.experiments[name]

    def _freeze(self, experiment: Experiment) -> Experiment:
        item = self._world.table.write(transitions.freeze(experiment, now=self._case.now())).item
        frozen = experiment._replace(arms=item["arms"], control=item["control"])
        if (dict(frozen.arms), frozen.control) != (dict(experiment.arms), experiment.control):
            text = (
                f"experiment {experiment.key!r} began its version {experiment.version} with the arms "
                f"{dict(frozen.arms)} and the control {frozen.control!r}, which go on to hold: for "
                f"{dict(experiment.arms)} and {experiment.control!r}, deploy version {experiment.version + 1}"
            )
            self._world.journal.note(Note(text, Metric.WEIGHTS_IGNORED), check=self._case.check, unit=None)
        return frozen


def _seconds(after: object) -> float | None:
    """What an author's subclass of `Rejected` may have put there, past the constructor's check."""
    if not isinstance(after, int | float) or isinstance(after, bool):
        return None
    return float(after) if 0 <= after < _LONGEST_WAIT else None
