"""As much of Step Functions as the polling loop uses, with a clock of its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

State = dict[str, Any]


class TaskFailed(Exception):
    """A task's failure, by the name that Step Functions gives it."""

    def __init__(self, error: str, cause: str = "") -> None:
        super().__init__(error)
        self.error, self.cause = error, cause


@dataclass
class Execution:
    """One execution of a state machine.

    Attributes:
        invoke: Stands in for Lambda: takes function, payload and time; returns, or raises TaskFailed.
        now: Seconds since the start.
        path: The names of the states that were entered.
    """

    definition: Mapping[str, Any]
    invoke: Callable[[str, Any, float], Any]
    now: float = 0
    path: list[str] = field(default_factory=list)

    def run(self, data: State) -> str:
        """Return how it ended."""
        name = self.definition["StartAt"]
        while True:
            self.path.append(name)
            state = self.definition["States"][name]
            if state["Type"] == "Succeed":
                return "SUCCEEDED"
            try:
                name, data = getattr(self, f"_{state['Type'].lower()}")(state, data)
            except TaskFailed:
                return "FAILED"
            if self.now > self.definition["TimeoutSeconds"]:
                return "TIMED_OUT"

    def _wait(self, state: State, data: State) -> tuple[str, State]:
        self.now += at(data, state["SecondsPath"])
        return state["Next"], data

    def _choice(self, state: State, data: State) -> tuple[str, State]:
        for choice in state["Choices"]:
            if at(data, choice["Variable"]) is choice["BooleanEquals"]:
                return choice["Next"], data
        return state["Default"], data

    def _task(self, state: State, data: State) -> tuple[str, State]:
        used = [0] * len(state["Retry"])
        while True:
            try:
                parameters = filled(state["Parameters"], data)
                result = {"Payload": self.invoke(parameters["FunctionName"], parameters["Payload"], self.now)}
                selected = filled(state["ResultSelector"], result)
                return state["Next"], {**data, state["ResultPath"].removeprefix("$."): selected}
            except TaskFailed as failure:
                if not self._retries(state, failure, used):
                    return self._caught(state, data, failure)

    def _retries(self, state: State, failure: TaskFailed, used: list[int]) -> bool:
        for number, retrier in enumerate(state["Retry"]):
            if failure.error in retrier["ErrorEquals"] or "States.ALL" in retrier["ErrorEquals"]:
                if used[number] == retrier["MaxAttempts"]:
                    return False
                self.now += retrier["IntervalSeconds"] * retrier["BackoffRate"] ** used[number]
                used[number] += 1
                return True
        return False

    @staticmethod
    def _caught(state: State, data: State, failure: TaskFailed) -> tuple[str, State]:
        for catcher in state.get("Catch", []):
            assert catcher["ErrorEquals"] == ["States.ALL"]
            error = {"Error": failure.error, "Cause": failure.cause}
            return catcher["Next"], {**data, catcher["ResultPath"].removeprefix("$."): error}
        raise failure


def at(data: Any, path: str) -> Any:  # noqa: ANN401 - JSON
    """What a path such as $.tick.done leads to."""
    for name in path.removeprefix("$.").split("."):
        data = data[name]
    return data


def filled(template: Any, data: Any) -> Any:  # noqa: ANN401 - JSON
    """A template with its paths followed."""
    if not isinstance(template, dict):
        return template
    return {
        name.removesuffix(".$"): at(data, value) if name.endswith(".$") else filled(value, data)
        for name, value in template.items()
    }
