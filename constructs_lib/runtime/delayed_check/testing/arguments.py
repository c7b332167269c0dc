"""Checks of what a test gives to the kit."""

from collections.abc import Mapping
from typing import Protocol

from constructs_lib.runtime.delayed_check.contract import Experiment, check_arms


class ExperimentLike(Protocol):
    """An experiment, the construct's or the kit's."""

    @property
    def key(self) -> str:
        """Its name."""

    @property
    def version(self) -> int:
        """Its version."""

    @property
    def arms(self) -> Mapping[str, int]:
        """Its weights."""

    @property
    def control(self) -> str:
        """The arm that is not contacted."""


def experiment_of(experiment: ExperimentLike | None) -> Experiment | None:
    """The experiment as the runtime knows it.

    Raises:
        ValueError: Its arms are none.
    """
    if experiment is None:
        return None
    check_arms(experiment.arms)
    if experiment.control not in experiment.arms:
        raise ValueError(f"control must be one of the arms {sorted(experiment.arms)}, got {experiment.control!r}")
    return Experiment(experiment.key, experiment.version, dict(experiment.arms), experiment.control)


def check_named(what: str, value: str | None, allowed: tuple[str, ...]) -> None:
    """Refuse a name that there is not.

    Raises:
        ValueError: It is none of those allowed.
    """
    if value is not None and value not in allowed:
        raise ValueError(f"{what} must be one of {', '.join(allowed)}, got {value!r}")
