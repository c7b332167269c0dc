"""What a person on call reads: one line for each thing that happened to an order, and a count of those that matter.

The fields are `extra` keys, which a Powertools Logger (or any JSON formatter) writes as fields of the line: `check` and
`unit`, with the `metric` of a note, or with the `method`, the `error_type` and the places in the code of a failure. The
counts are lines of CloudWatch's embedded metric format.
"""

import logging
from collections.abc import Iterator, Set

from constructs_lib.runtime._shared import emf
from constructs_lib.runtime.delayed_check.contract import CHECK_DIMENSION, METRIC_NAMESPACE, Metric
from constructs_lib.runtime.delayed_check.steps import Note
from constructs_lib.runtime.flow_control import log
from constructs_lib.runtime.flow_control.log import Logger

NAME = "constructs_lib.runtime.delayed_check"

#: Somebody should look, some day.
_WARNINGS = frozenset({Metric.EXPIRED, Metric.SWITCH_UNREADABLE})
#: Somebody has to do something.
_ERRORS = frozenset({Metric.UNKNOWN, Metric.WEIGHTS_IGNORED})


class Journal:
    """The function's log.

    Args:
        logger: Where lines go. Default: `default_logger()`.
        uncounted: Metrics that somebody else counts: here they only make a line.
    """

    def __init__(self, logger: Logger | None = None, *, uncounted: Set[str] = frozenset()) -> None:
        self._logger = logger or default_logger()
        self._uncounted = uncounted

    def note(self, note: Note, *, check: str, unit: str | None) -> None:
        """Log what happened, and count it when it has a metric; about no order where it is about the check."""
        fields = _fields(check, unit)
        extra = fields if note.metric is None else {**fields, "metric": note.metric}
        tell = self._logger.info
        if note.metric in _WARNINGS | _ERRORS:
            tell = self._logger.error if note.metric in _ERRORS else self._logger.warning
        tell("%s: %s", _whose(check, unit), note.text, extra=extra)
        if note.metric is not None and note.metric not in self._uncounted:
            measured = emf.Measured(METRIC_NAMESPACE, CHECK_DIMENSION, check, note.metric, note.value)
            is_lateness = note.metric == Metric.LATENESS
            emf.write(measured._replace(unit="Seconds") if is_lateness else measured, fields)

    def failure(self, method: str, error: Exception, *, check: str, unit: str) -> None:
        """Log that a method of the author's failed: the kind of error and where, never its text."""
        kinds, where = " from ".join(_kinds(error)), list(_places(error))
        self._logger.error(
            "%s: %s raised %s at %s",
            _whose(check, unit),
            method,
            kinds,
            ", ".join(where) or "an unknown place",
            extra={**_fields(check, unit), "method": method, "error_type": type(error).__name__, "where": where},
        )


def default_logger() -> logging.Logger:
    """The library's own logger, which logs INFO unless somebody has chosen a level for it."""
    return log.default_logger(NAME)


def _fields(check: str, unit: str | None) -> dict[str, str]:
    return {"check": check} if unit is None else {"check": check, "unit": unit}


def _whose(check: str, unit: str | None) -> str:
    return check if unit is None else f"{unit} of {check}"


def _kinds(error: BaseException) -> Iterator[str]:
    """The kind of an error, and of those that led to it."""
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        yield type(found).__name__
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)


def _places(error: BaseException) -> Iterator[str]:
    """Where it was raised, the innermost place last: no source line, and no value of a variable."""
    entry = error.__traceback__
    while entry is not None:
        code = entry.tb_frame.f_code
        yield f"{code.co_filename}:{entry.tb_lineno} in {code.co_name}"
        entry = entry.tb_next
