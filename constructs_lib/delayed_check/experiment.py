"""What an author says of an experiment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from constructs_lib import _validate
from constructs_lib.runtime.delayed_check import contract

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
#: Without a second arm there is nothing to compare.
_LEAST_ARMS = 2


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """Shares orders out to arms, one of which is not contacted.

    An order's arm follows from key, version and the order's id, and from nothing else: `bucket()` of
    `constructs_lib.runtime.delayed_check` gives the same one anywhere. Weights are frozen when the first order of a
    version is decided. To change them, raise the version, which draws every order anew.

    Attributes:
        key: Its name, up to 64 letters, digits, hyphens, underscores and dots. Another key is another experiment, which
            draws every order anew that is not decided yet; an order that is decided keeps its experiment and arm.
        version: A whole number from 1.
        arms: Weights by arm, whole numbers that add up to 100: {"call": 50, "control": 50}.
        control: The arm that is not contacted.

    Raises:
        ValueError: A value is not in its range.
    """

    key: str
    version: int = 1
    arms: Mapping[str, int]
    control: str

    def __post_init__(self) -> None:
        # The declared types are only a promise.
        key: object = self.key
        control: object = self.control
        if not isinstance(key, str) or not _NAME.fullmatch(key):
            msg = (
                "key must be 1 to 64 letters, digits, hyphens, underscores and dots, such as "
                f'"stuck-order-call", got {key!r}: it is published with each outcome'
            )
            raise ValueError(msg)
        object.__setattr__(self, "version", _validate.whole("version", self.version, minimum=1))
        contract.check_arms(self.arms)
        unfit = [arm for arm in self.arms if not _NAME.fullmatch(arm)]
        if unfit:
            msg = (
                f"an arm's name must be 1 to 64 letters, digits, hyphens, underscores and dots, got {unfit[0]!r}: "
                "it is published with each outcome"
            )
            raise ValueError(msg)
        if len(self.arms) < _LEAST_ARMS:
            msg = (
                f"arms must be at least {_LEAST_ARMS}, got {dict(self.arms)!r}: add one to compare with, or leave "
                "experiment out, and every order that is due is contacted"
            )
            raise ValueError(msg)
        if not isinstance(control, str) or control not in self.arms:
            msg = (
                f"control must be one of the arms, {' or '.join(map(repr, sorted(self.arms)))}, got {control!r}: "
                "name the arm that is not contacted"
            )
            raise ValueError(msg)
        object.__setattr__(self, "arms", dict(self.arms))

    def as_settings(self) -> contract.Experiment:
        """The experiment as the runtime reads it."""
        return contract.Experiment(key=self.key, version=self.version, arms=dict(self.arms), control=self.control)
