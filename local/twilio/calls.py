"""What a provider of calls is asked, and what it does about that."""

from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus


class Behaviour(StrEnum):
    """What the provider does when it is asked to call."""

    #: 201, and the call is made.
    ACCEPTS = "accepts"
    #: 201, and the call is made; the function that asked dies before it can read the answer.
    KILLS = "kills"
    #: The call is made, and the request never answered.
    HANGS = "hangs"
    #: The call is made, and the connection closed without an answer.
    CLOSES = "closes"
    #: 500, though the call is made.
    FAILS_AFTER = "fails after"
    #: 503, and no call.
    FAILS_BEFORE = "fails before"
    #: 429 with Retry-After, and no call.
    THROTTLES = "throttles"
    #: 429 with Retry-After, though the call is made.
    LIES = "lies"
    #: 400, and no call.
    REFUSES = "refuses"

    @property
    def calls(self) -> bool:
        """Whether somebody's telephone rings."""
        return self not in {Behaviour.FAILS_BEFORE, Behaviour.THROTTLES, Behaviour.REFUSES}

    @property
    def status(self) -> HTTPStatus | None:
        """What is answered; None: nothing."""
        match self:
            case Behaviour.HANGS | Behaviour.CLOSES:
                return None
            case Behaviour.FAILS_AFTER:
                return HTTPStatus.INTERNAL_SERVER_ERROR
            case Behaviour.FAILS_BEFORE:
                return HTTPStatus.SERVICE_UNAVAILABLE
            case Behaviour.THROTTLES | Behaviour.LIES:
                return HTTPStatus.TOO_MANY_REQUESTS
            case Behaviour.REFUSES:
                return HTTPStatus.BAD_REQUEST
            case _:
                return HTTPStatus.CREATED


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What happens to one order's requests.

    Attributes:
        behaviour: Of the first requests.
        times: How many requests that is for; later ones are accepted.
        retry_after: Seconds, where it throttles or lies.
        rings: Seconds from the request to the end of the call.
        status: What the call comes to, in Twilio's words: completed, no-answer, busy, failed.
        reports: How often that is reported.
    """

    behaviour: Behaviour = Behaviour.ACCEPTS
    times: int = 1
    retry_after: int = 2
    rings: float = 2.0
    status: str = "completed"
    reports: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request for a call. The time is in epoch seconds; order and call's id are empty where there is none."""

    at: float
    order: str
    to: str
    behaviour: Behaviour
    sid: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call that was made. The time is in epoch seconds."""

    at: float
    order: str
    sid: str
    to: str
    sender: str
    status: str
