"""The vendor of spot instances in this process: its own function, behind what looks like urllib3, over memory."""

import json
import threading
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import urllib3

from tests.helpers.lambda_src import Function

Group = dict[str, Any]

NO_ANSWER = urllib3.exceptions.ReadTimeoutError(None, "/", "no answer in time")  # type: ignore[arg-type]  # no pool is needed


class MemoryLedger:
    """What the vendor's `Ledger` does in DynamoDB; the same tests run on both."""

    def __init__(self) -> None:
        self.groups: dict[str, Group] = {}
        self._tokens: dict[str, str] = {}
        self._lock = threading.Lock()

    def claim(self, token: str, group_id: str) -> str:
        with self._lock:
            return self._tokens.setdefault(token, group_id)

    def add(self, group: Group) -> bool:
        with self._lock:
            if group["id"] in self.groups:
                return False
            self.groups[group["id"]] = dict(group)
            return True

    def get(self, group_id: str) -> Group | None:
        found = self.groups.get(group_id)
        return None if found is None else dict(found)

    def tagged(self, name: str, value: str) -> list[Group]:
        return [dict(group) for group in self.groups.values() if group.get("tags", {}).get(name) == value]

    def change(self, group_id: str, **fields: str | int) -> Group | None:
        with self._lock:
            group = self.groups.get(group_id)
            if group is None or "deleted_at" in group:
                return None
            group |= fields
            return dict(group)


@dataclass
class Reply:
    """A response as urllib3 has it."""

    status: int
    data: bytes


@dataclass
class SpotVendor:
    """Stands in for a urllib3 pool; each call runs the vendor's function.

    Attributes:
        function: The vendor's function.
        ledger: What it has made.
        requests: The calls so far.
        endings: What becomes of the callers of the next POSTs, which are carried out but not answered.
        statuses: Answers to the next calls, which are not carried out.
    """

    function: Function
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    requests: list[dict[str, Any]] = field(default_factory=list)
    endings: list[BaseException] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.function.module._ledger = lambda: self.ledger  # type: ignore[attr-defined]  # the handler's

    @property
    def made(self) -> list[Group]:
        """Every group that there ever was."""
        return list(self.ledger.groups.values())

    @property
    def live(self) -> list[Group]:
        """The groups that are not deleted."""
        return [group for group in self.made if "deleted_at" not in group]

    def sent(self, method: str) -> list[Any]:
        """The bodies of the calls with a method."""
        return [json.loads(each["body"] or "null") for each in self.requests if each["method"] == method]

    def request(self, method: str, url: str, *, body: str | None = None, **options: object) -> Reply:
        """Make one call."""
        self.requests.append({"method": method, "url": url, "body": body, **options})
        if self.statuses:
            return Reply(self.statuses.pop(0), b"<html>")
        answer = self.function(event(method, url, body))
        if self.endings and method == "POST":
            raise self.endings.pop(0)
        return Reply(answer["statusCode"], answer["body"].encode())


def event(method: str, url: str, body: str | None = None) -> dict[str, Any]:
    """What API Gateway makes of a call."""
    address = urlsplit(url)
    mode, _, group_id = [*address.path.strip("/").split("/"), ""][:3]
    return {
        "httpMethod": method,
        "path": address.path,
        "pathParameters": {"mode": mode} | ({"id": group_id} if group_id else {}),
        "queryStringParameters": dict(parse_qsl(address.query)) or None,
        "body": body,
    }
