"""The article's resource: a group of spot instances at a vendor, one for each request of CloudFormation's.

What happens to an event that comes twice, or to one whose function is killed, is the library's business. Here stands
what the vendor must be told, in three classes, because it depends on what the vendor offers; MODE chooses one.

Logs one line a call: message `vendor call`, `method`, `path`, `http_status`, `group_id`; the library's lines have the
same form.
"""

import json
import logging
import os
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import urllib3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities import parameters

from constructs_lib.runtime.custom_resource import Context, Failed, NotFound, ResourceHandler

#: Seconds for which a worker keeps the API key before it reads the secret again.
KEY_MAX_AGE = 300
#: The one of `ctx.tags` that no other request has.
TOKEN_TAG = "constructs-lib:token"  # noqa: S105 - a name
#: The vendor's answers to a request that it would never have carried out, so that nothing came of it earlier either.
REFUSALS = {HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT}

logger = Logger()
# The library logs as any library does; here it gets the same form.
logging.getLogger("constructs_lib.runtime").addHandler(logger.registered_handler)
logging.getLogger("constructs_lib.runtime").propagate = False
http = urllib3.PoolManager(retries=False)


class VendorError(Exception):
    """The vendor did not do what it was asked, or it is not known whether it did; the text says why."""


def call_vendor(
    method: str, path: str = "", body: dict[str, Any] | None = None, *, timeout: float
) -> tuple[int, dict[str, Any]]:
    """Make one call to the vendor: the HTTP status, and what it says.

    Raises:
        urllib3.exceptions.HTTPError: It did not answer in time, or not at all.
    """
    response = http.request(
        method,
        os.environ["VENDOR_URL"] + path,
        body=None if body is None else json.dumps(body),
        headers={
            "Content-Type": "application/json",
            "x-api-key": str(parameters.get_secret(os.environ["VENDOR_API_KEY_SECRET"], max_age=KEY_MAX_AGE)),
        },
        timeout=urllib3.Timeout(total=timeout),
    )
    try:
        answer = json.loads(response.data)
    except ValueError:  # a gateway in between has answered
        answer = {}
    logger.info("vendor call", method=method, path=path, http_status=response.status, group_id=answer.get("id"))
    return response.status, answer


def wanted(properties: dict[str, Any]) -> dict[str, Any]:
    """The group as the vendor wants it told; CloudFormation makes a string of every number.

    `Latency` is for experiments: seconds that the vendor takes before it makes the group.
    """
    return {
        "name": properties["Name"],
        "region": properties["Region"],
        "capacity": int(properties["TargetCapacity"]),
        "latency": float(properties.get("Latency", 0)),
    }


def attributes_of(group: dict[str, Any]) -> dict[str, Any]:
    """What a template may read of a group with Fn::GetAtt."""
    return {"Endpoint": group["endpoint"], "Status": group["status"]}


def ask(ctx: Context, method: str, path: str = "", body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Have the vendor do something.

    Raises:
        NotFound: There is no such group.
        Failed: The vendor surely did nothing.
        VendorError: It may have done it.
        urllib3.exceptions.HTTPError: The same.
    """
    status, answer = call_vendor(method, path, body, timeout=max(ctx.remaining, 0.1))
    if 200 <= status < 300:  # noqa: PLR2004 - the class of HTTP statuses that mean success
        return answer
    reason = f"the vendor answers {status}: {answer.get('message', 'no reason given')}"
    if status == HTTPStatus.NOT_FOUND:
        raise NotFound(reason)
    raise Failed(reason) if status in REFUSALS else VendorError(reason)


class Elastigroup(ResourceHandler):
    """A group at a vendor that offers nothing to tell a repetition by (N)."""

    replace_on = frozenset({"Region"})

    def create(self, ctx: Context, properties: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Make a group."""
        return self.make(ctx, wanted(properties))

    def update(
        self,
        ctx: Context,
        physical_id: str,
        properties: dict[str, Any],
        old_properties: dict[str, Any],  # noqa: ARG002 - the library passes it
    ) -> tuple[str, dict[str, Any]]:
        """Change its name and capacity."""
        return physical_id, attributes_of(ask(ctx, "PUT", f"/{physical_id}", wanted(properties)))

    def delete(self, ctx: Context, physical_id: str, properties: dict[str, Any]) -> None:  # noqa: ARG002 - as above
        """Delete it."""
        ask(ctx, "DELETE", f"/{physical_id}")

    def make(self, ctx: Context, group: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Have the vendor make a group, and record its id at once."""
        made = ask(ctx, "POST", "", group)
        # From here on a rollback can delete it, even if this function gets no further.
        ctx.created(made["id"])
        return made["id"], attributes_of(made)


class ElastigroupByToken(Elastigroup):
    """A group at a vendor that makes one group per token (T)."""

    def create(self, ctx: Context, properties: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Make a group, or get the one that this request has made already."""
        return self.make(ctx, {**wanted(properties), "client_token": ctx.token})


class ElastigroupByTag(Elastigroup):
    """A group at a vendor that can look groups up by tag (Q)."""

    def create(self, ctx: Context, properties: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Make a group that can be found again."""
        return self.make(ctx, {**wanted(properties), "tags": dict(ctx.tags)})

    def find(
        self,
        ctx: Context,
        properties: dict[str, Any],  # noqa: ARG002 - as above
    ) -> tuple[str, dict[str, Any]] | None:
        """The group that this request has made already, if it has."""
        query = urlencode({"tag": f"{TOKEN_TAG}={ctx.tags[TOKEN_TAG]}"})
        for group in ask(ctx, "GET", f"?{query}")["groups"]:
            return group["id"], attributes_of(group)
        return None


HANDLERS = {"T": ElastigroupByToken, "Q": ElastigroupByTag, "N": Elastigroup}

handler = HANDLERS[os.environ.get("MODE", "T")].as_handler()
