"""Orders that are looked at when they are due, decided once, and contacted at most once."""

from constructs_lib._findings import Finding, Level
from constructs_lib.delayed_check.check import DelayedCheck
from constructs_lib.delayed_check.experiment import Experiment
from constructs_lib.flow_control.downstream import Downstream

__all__ = ["DelayedCheck", "Downstream", "Experiment", "Finding", "Level"]
