"""A provider of calls on loopback, with the part of Twilio's API that the example uses."""

from local.twilio.calls import Behaviour, Call, Request, Script
from local.twilio.provider import Twilio, signature

__all__ = ["Behaviour", "Call", "Request", "Script", "Twilio", "signature"]
