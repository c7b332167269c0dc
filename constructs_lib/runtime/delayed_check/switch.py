"""The kill switch: a parameter of Systems Manager's, read right before a contact."""

import time
from typing import Any

from constructs_lib.runtime.flow_control.batch import Clock
from constructs_lib.runtime.flow_control.log import Logger

#: Seconds for which a value counts.
OLDEST = 1.0


class Switch:
    """The real thing. Its client is made at its first use and kept.

    Args:
        logger: Where it is said why it cannot be read.
        clock: The time.
    """

    def __init__(self, logger: Logger, *, clock: Clock = time) -> None:
        self._logger = logger
        self._clock = clock
        self._client: Any = None
        self._read: dict[str, tuple[float, float, str | None]] = {}

    def read(self, name: str) -> str | None:
        """Its value, at most a second old; None where it cannot be read."""
        monotonic, wall = self._clock.monotonic(), self._clock.time()
        if name in self._read:
            then, wall_then, value = self._read[name]
            # By both clocks: while Lambda has frozen the environment, one of them may have stood still.
            if 0 <= monotonic - then < OLDEST and 0 <= wall - wall_then < OLDEST:
                return value
        self._read[name] = (monotonic, wall, self._ask(name))
        return self._read[name][2]

    def _ask(self, name: str) -> str | None:
        try:
            if self._client is None:
                from constructs_lib.runtime._shared.client import make_client  # noqa: PLC0415 - slow, see the store

                self._client = make_client("ssm", read_timeout=2)
            value: object = self._client.get_parameter(Name=name)["Parameter"]["Value"]
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody is contacted
            response = getattr(error, "response", None) or {}
            kind = response.get("Error", {}).get("Code") or type(error).__name__
            extra = {"kill_switch": name, "error_type": kind}
            self._logger.warning("the kill switch %r cannot be read: %s", name, kind, extra=extra)
            return None
        return value if isinstance(value, str) else None
