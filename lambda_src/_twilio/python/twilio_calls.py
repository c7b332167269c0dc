"""Twilio's Calls API as far as a check of orders needs it.

It is a layer, so that the functions with and without the library make the very same request.

Twilio takes no idempotency key: what is asked for twice is dialled twice. So an error says which of two things is true:
`NotTaken`, the call will surely not be made, or `NoAnswer`, it may be. No error's text has a phone number in it; what
Twilio says is not repeated, because its messages quote the number.
"""

import base64
import hashlib
import hmac
import json
import logging
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, NamedTuple

import urllib3
from aws_lambda_powertools.utilities import parameters

#: Seconds for which a worker keeps the account's data before it reads the secret again.
SECRET_MAX_AGE = 300

#: What the customer hears.
TWIML = "<Response><Say>Your order has not been accepted yet. Please look into the app.</Say></Response>"

#: The errors of a request of which not a byte was sent: no name, no connection.
NOT_SENT = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)

http = urllib3.PoolManager(retries=False)
# At DEBUG, urllib3 logs addresses, and a search's address has the customer's number.
logging.getLogger("urllib3").setLevel(logging.INFO)


class NotTaken(Exception):
    """Twilio has surely not taken the request.

    Args:
        reason: What happened.
        after: Seconds before which Twilio does not want to be asked again.
        retry: Whether asking again can help.
    """

    def __init__(self, reason: str, *, after: float | None = None, retry: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after = after
        self.retry = retry


class NoAnswer(Exception):
    """Twilio may have taken the request; the text says what happened."""


class Account(NamedTuple):
    """Where and as whom calls are made.

    Attributes:
        url: The API's address.
        sid: The account's id.
        auth_token: Its password, which Twilio also signs its own requests with.
        from_number: The number that calls.
    """

    url: str
    sid: str
    auth_token: str
    from_number: str

    @property
    def calls(self) -> str:
        """The address of the account's calls."""
        return f"{self.url.rstrip('/')}/2010-04-01/Accounts/{self.sid}/Calls.json"

    @property
    def headers(self) -> dict[str, str]:
        """What each request has. A connection of its own: one that idled may be closed while the request is sent."""
        return {**urllib3.make_headers(basic_auth=f"{self.sid}:{self.auth_token}"), "Connection": "close"}


def account() -> Account:
    """The account in TWILIO_SECRET, at TWILIO_URL."""
    secret: Any = parameters.get_secret(os.environ["TWILIO_SECRET"], transform="json", max_age=SECRET_MAX_AGE)
    return Account(os.environ["TWILIO_URL"], secret["account_sid"], secret["auth_token"], secret["from_number"])


def place(account: Account, *, to: str, timeout: float, report_to: str | None = None) -> str:
    """Ask for a call; Twilio's id of it.

    Args:
        account: Who calls.
        to: The number to call, in E.164.
        timeout: Seconds.
        report_to: Where Twilio reports what came of the call.

    Raises:
        NotTaken: There will be no call.
        NoAnswer: There may be one.
    """
    form = {"To": to, "From": account.from_number, "Twiml": TWIML}
    if report_to is not None:
        form |= {"StatusCallback": report_to, "StatusCallbackMethod": "POST", "StatusCallbackEvent": "completed"}
    response = _request("POST", account, form, timeout=timeout)
    if HTTPStatus.BAD_REQUEST <= response.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        # 400: this call is not to be had, such as one to a number that is none. The others may pass: a limit, a key
        # that is being replaced.
        retry = response.status != HTTPStatus.BAD_REQUEST
        raise NotTaken(_answered(response), after=_seconds(response.headers.get("Retry-After")), retry=retry)
    sid = _answer(response).get("sid")
    if response.status not in (HTTPStatus.OK, HTTPStatus.CREATED) or not isinstance(sid, str) or not sid:
        raise NoAnswer(_answered(response))
    return sid


def find(account: Account, *, to: str, since: datetime, until: datetime, timeout: float) -> list[str]:
    """The ids of the calls that this account's number asked for between two times.

    Twilio's list says neither what was said nor where it was to be reported, so a call can be told from another one to
    the same number by its time alone. A call that Twilio still holds back has no StartTime, and is not found yet.

    Raises:
        NotTaken: Twilio cannot be asked now.
        NoAnswer: Twilio does not answer now, or with something else.
    """
    query = {"To": to, "From": account.from_number, "StartTime>": since.astimezone(UTC).date().isoformat()}
    response = _request("GET", account, query, timeout=timeout)
    calls = _answer(response).get("calls")
    if response.status != HTTPStatus.OK or not isinstance(calls, list):
        raise NoAnswer(_answered(response))
    # To the second, as Twilio tells it.
    return [call["sid"] for call in calls if since.replace(microsecond=0) <= _created(call) <= until]


def signature(auth_token: str, url: str, form: Mapping[str, str]) -> str:
    """What Twilio puts into X-Twilio-Signature: HMAC-SHA1 over the address and the sorted fields of the form."""
    signed = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    return base64.b64encode(hmac.new(auth_token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


def _request(method: str, account: Account, fields: dict[str, str], *, timeout: float) -> urllib3.BaseHTTPResponse:
    options: dict[str, Any] = {"encode_multipart": False} if method == "POST" else {}
    try:
        return http.request(
            method,
            account.calls,
            fields=fields,
            headers=account.headers,
            timeout=urllib3.Timeout(total=timeout),
            redirect=False,
            **options,
        )
    except NOT_SENT as error:
        raise NotTaken(f"not sent: {type(error).__name__}") from None
    except urllib3.exceptions.HTTPError as error:
        # Without the error itself, whose text has the address: that of a search holds the number.
        raise NoAnswer(f"no answer: {type(error).__name__}") from None


def _answer(response: urllib3.BaseHTTPResponse) -> dict[str, Any]:
    try:
        answer = json.loads(response.data)
    except ValueError:  # a gateway in between has answered
        return {}
    return answer if isinstance(answer, dict) else {}


def _answered(response: urllib3.BaseHTTPResponse) -> str:
    code = _answer(response).get("code")
    return f"Twilio answers {response.status}" + (f", error {code}" if isinstance(code, int) else "")


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.isascii() and text.isdecimal() else None


def _created(call: Mapping[str, Any]) -> datetime:
    return parsedate_to_datetime(call["date_created"])
