"""Which settings apply: those that the construct put into the function's environment, by queue, by row, or by name.

A function may serve several checks, start others, and report the outcomes of others again: each of these is a variable
of its own, told apart by how its name ends.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from constructs_lib.runtime._shared.environment import INSIDE_LAMBDA, SettingsError, parsed
from constructs_lib.runtime.delayed_check.contract import (
    ENVIRONMENT_PREFIX,
    KEY_SEPARATOR,
    OUTCOME_SUFFIX,
    START_SUFFIX,
    Experiment,
    Settings,
    check_arms,
)


class Role(NamedTuple):
    """What a function does for a check, and how it comes by the settings for that. Give the fields by name.

    Attributes:
        suffix: How its variables end.
        does: What it does, for messages.
        needs: The settings without which it cannot.
        fix: How it gets them.
    """

    suffix: str
    does: str
    needs: tuple[str, ...]
    fix: str


SERVE = Role(
    suffix="",
    does="serve",
    needs=("table_name",),
    fix="let DelayedCheck connect it, or set the variables of check.environment on it",
)
START = Role(suffix=START_SUFFIX, does="start", needs=("start_queue_arn",), fix="call check.grant_start(fn)")
OUTCOME = Role(
    suffix=OUTCOME_SUFFIX, does="record outcomes of", needs=("table_name",), fix="call check.grant_record_outcome(fn)"
)


def of_queue(queue_arn: str, environ: Mapping[str, str]) -> Settings:
    """The settings of the check whose messages a queue holds.

    Raises:
        SettingsError: There are none.
    """
    known = list(_known(SERVE, environ))
    for settings in known:
        if queue_arn and queue_arn in (settings.check_queue_arn, settings.contact_queue_arn, settings.start_queue_arn):
            return settings
    queues = [
        arn for each in known for arn in (each.start_queue_arn, each.check_queue_arn, each.contact_queue_arn) if arn
    ]
    raise _missing(f"for the queue {queue_arn!r}", queues, SERVE, environ)


def of_key(key: str, environ: Mapping[str, str]) -> Settings | None:
    """The settings of the check to which a row belongs; None where that is another's, or none's.

    Raises:
        SettingsError: There are none at all.
    """
    known = list(_known(SERVE, environ))
    if not known:
        raise _missing("of a check", [], SERVE, environ)
    check, separator, _ = key.partition(KEY_SEPARATOR)
    return next((each for each in known if separator and each.check == check), None)


def of_check(check: str | None, role: Role, environ: Mapping[str, str]) -> Settings:
    """The settings of a check; of the only one where none is named.

    Raises:
        SettingsError: There are none; or there are several, and none is named.
    """
    known = {each.check: each for each in _known(role, environ)}
    if check is None and len(known) > 1:
        msg = f"this function can {role.does} {sorted(known)}: say which one, check={min(known)!r} for example"
        raise SettingsError(msg)
    if check is None and known:
        return next(iter(known.values()))
    if check is not None and check in known:
        return known[check]
    raise _missing("of a check" if check is None else f"of the check {check!r}", sorted(known), role, environ)


def _known(role: Role, environ: Mapping[str, str]) -> Iterator[Settings]:
    for name in sorted(environ):
        if name.startswith(ENVIRONMENT_PREFIX) and _role_of(name) == role.suffix:
            yield _read(name, environ[name], role)


def _role_of(name: str) -> str:
    return next((suffix for suffix in (START_SUFFIX, OUTCOME_SUFFIX) if name.endswith(suffix)), "")


@lru_cache(maxsize=64)
def _read(name: str, text: str, role: Role) -> Settings:
    return parsed(name, text, lambda value: _checked(Settings.from_json(value), role), construct="DelayedCheck")


def _missing(what: str, known: list[str], role: Role, environ: Mapping[str, str]) -> SettingsError:
    function = environ.get(INSIDE_LAMBDA)
    if function is None:
        return SettingsError(
            f"no settings {what} in the environment: outside Lambda, run the handler in a CheckRunner of "
            f"constructs_lib.runtime.delayed_check.testing, or set a variable {ENVIRONMENT_PREFIX}...{role.suffix}"
        )
    return SettingsError(
        f"no settings {what} in the environment of the function {function!r}, which it needs to {role.does} it (it has "
        f"{known or 'none'}): {role.fix}"
    )


def _checked(settings: Settings, role: Role) -> Settings:
    # The declared types are only a promise: the text may come from another version, or from a hand.
    for name, default in {"check": "", **Settings._field_defaults}.items():
        value = getattr(settings, name)
        if isinstance(default, str) and not isinstance(value, str):
            raise TypeError(f"{name} must be a text, got {value!r}")
        if isinstance(default, int | float) and not _is_amount(value):
            raise ValueError(f"{name} must be a number of seconds, 0 or more, got {value!r}")
    for name in ("check", *role.needs):
        if not getattr(settings, name):
            raise ValueError(f"{name} is missing")
    if settings.experiment is not None:
        _check_experiment(settings.experiment)
    return settings


def _is_amount(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < float("inf")


def _check_experiment(experiment: Experiment) -> None:
    key: object = experiment.key
    version: object = experiment.version
    if not isinstance(key, str) or not key or not isinstance(version, int) or isinstance(version, bool):
        raise TypeError(f"an experiment has a key, a text, and a version, a whole number; got {key!r} and {version!r}")
    check_arms(experiment.arms)
    if experiment.control not in experiment.arms:
        raise ValueError(f"control must be one of the arms {sorted(experiment.arms)}, got {experiment.control!r}")
