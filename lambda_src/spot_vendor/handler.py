"""The vendor's API: makes, changes and deletes groups of spot instances, and never forgets one that it has made.

One vendor plays three, by the first part of the path:

    /t/groups    honours `client_token`: one token stands for one group, however often and at once it is sent
    /q/groups    does not read tokens, but groups can be looked up by a tag: GET /q/groups?tag=NAME=VALUE
    /n/groups    neither

POST, GET, PUT and DELETE do what one expects; a group that is gone answers 404. A group's id is new each time, so that
what was made twice is there twice. The table of groups is the ledger: one item a group, with `created_at` and
`deleted_at` (epoch milliseconds), kept when the group is gone. `latency` in a POST: seconds before the group is made.

Each call logs one line: message `vendor call`, `operation`, `mode`, `http_status`, `group_id`, `made` (a new group).
"""

import json
import os
import time
import uuid
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import ClientError

MODES = ("t", "q", "n")
#: Seconds; callers and API Gateway wait longer.
LONGEST_LATENCY = 10
LARGEST_CAPACITY = 1_000

logger = Logger()
metrics = Metrics()

Group = dict[str, Any]


class Refused(Exception):
    """The vendor does not do what it was asked; the text says why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Ledger:
    """Every group that was ever made, and what each token stands for.

    Args:
        groups: The table of groups, by `id`.
        tokens: The table of tokens, by `client_token`.
    """

    def __init__(self, *, groups: Any, tokens: Any) -> None:  # noqa: ANN401 - boto3's tables have no type at run time
        self._groups = groups
        self._tokens = tokens

    def claim(self, token: str, group_id: str) -> str:
        """Let a token stand for a group, unless it stands for one already; returns the id that it stands for."""
        if _put_new(self._tokens, "client_token", {"client_token": token, "group_id": group_id}):
            return group_id
        return str(self._tokens.get_item(Key={"client_token": token}, ConsistentRead=True)["Item"]["group_id"])

    def add(self, group: Group) -> bool:
        """Add a group; False if there is or was one with this id."""
        return _put_new(self._groups, "id", group)

    def get(self, group_id: str) -> Group | None:
        """A group, deleted ones included."""
        item: Group | None = self._groups.get_item(Key={"id": group_id}, ConsistentRead=True).get("Item")
        return item

    def tagged(self, name: str, value: str) -> list[Group]:
        """The groups with a tag, deleted ones included."""
        found: list[Group] = []
        page: dict[str, Any] = {}
        while True:
            answer = self._groups.scan(
                FilterExpression="tags.#name = :value",
                ExpressionAttributeNames={"#name": name},
                ExpressionAttributeValues={":value": value},
                ConsistentRead=True,
                **page,
            )
            found += answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return found
            page = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def change(self, group_id: str, **fields: str | int) -> Group | None:
        """Set fields of a group that is not deleted; returns it, or None if there is none."""
        names = {f"#{name}": name for name in fields}
        try:
            answer = self._groups.update_item(
                Key={"id": group_id},
                UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in fields),
                ConditionExpression="attribute_exists(id) AND attribute_not_exists(deleted_at)",
                ExpressionAttributeNames=names,
                ExpressionAttributeValues={f":{name}": value for name, value in fields.items()},
                ReturnValues="ALL_NEW",
            )
        except ClientError as error:
            _expect_condition(error)
            return None
        changed: Group = answer["Attributes"]
        return changed


def _put_new(table: Any, key: str, item: dict[str, Any]) -> bool:  # noqa: ANN401 - see Ledger
    try:
        table.put_item(Item=item, ConditionExpression=f"attribute_not_exists({key})")
    except ClientError as error:
        _expect_condition(error)
        return False
    return True


def _expect_condition(error: ClientError) -> None:
    if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
        raise error


def body_of(event: dict[str, Any]) -> dict[str, Any]:
    """What the caller wants.

    Raises:
        Refused: It is not what a group is made of.
    """
    try:
        body = json.loads(event.get("body") or "")
    except json.JSONDecodeError as error:
        raise Refused(400, f"the body must be JSON: {error}") from error
    if not isinstance(body, dict):
        raise Refused(400, f"the body must be a JSON object, got {type(body).__name__}")
    for name in ("name", "region"):
        if not isinstance(body.get(name), str) or not body[name]:
            raise Refused(400, f"{name} must be a string that is not empty, got {body.get(name)!r}")
    capacity, latency = body.get("capacity"), body.get("latency", 0)
    if type(capacity) is not int or not 0 <= capacity <= LARGEST_CAPACITY:
        raise Refused(400, f"capacity must be a whole number from 0 to {LARGEST_CAPACITY}, got {capacity!r}")
    if type(latency) not in (int, float) or not 0 <= latency <= LONGEST_LATENCY:
        raise Refused(400, f"latency must be a number of seconds from 0 to {LONGEST_LATENCY}, got {latency!r}")
    return body


def create(ledger: Ledger, mode: str, body: dict[str, Any]) -> tuple[Group, bool]:
    """Make a group, or find the one that the token stands for; True if it is new."""
    time.sleep(body.get("latency", 0))
    # What a caller sends in vain is on record too, so that the ledger can tell which request a group was made for.
    sent = {name: body[name] for name in ("client_token", "tags") if body.get(name)}
    token = sent.get("client_token") if mode == "t" else None
    while True:
        group_id = f"sig-{uuid.uuid4().hex[:8]}"
        if token:
            group_id = ledger.claim(token, group_id)
        group = {
            "id": group_id,
            "mode": mode,
            "name": body["name"],
            "region": body["region"],
            "capacity": body["capacity"],
            "created_at": time.time_ns() // 1_000_000,
            **sent,
        }
        if ledger.add(group):
            return group, True
        if token:
            return present(ledger.get(group_id), group_id, gone=409), False


def present(group: Group | None, group_id: str, *, gone: int = 404) -> Group:
    """The group, if it is there and not deleted.

    Raises:
        Refused: It is not.
    """
    if group is None or "deleted_at" in group:
        raise Refused(gone, f"there is no group {group_id} any more, or there never was")
    return group


def find(ledger: Ledger, mode: str, query: dict[str, str]) -> list[Group]:
    """The groups with the tag in a query."""
    if mode != "q":
        raise Refused(501, f"groups cannot be looked up under /{mode}; /q can")
    name, _, value = query.get("tag", "").partition("=")
    if not name or not value:
        raise Refused(400, f"tag must be NAME=VALUE, got {query.get('tag')!r}")
    return [group for group in ledger.tagged(name, value) if "deleted_at" not in group]


def update(ledger: Ledger, group_id: str, body: dict[str, Any]) -> Group:
    """Change a group's name and capacity."""
    group = present(ledger.get(group_id), group_id)
    if body["region"] != group["region"]:
        raise Refused(409, f"group {group_id} cannot move from {group['region']} to {body['region']}; make another")
    changed = ledger.change(group_id, name=body["name"], capacity=body["capacity"])
    return present(changed, group_id)


def delete(ledger: Ledger, group_id: str) -> Group:
    """Delete a group."""
    deleted = ledger.change(group_id, deleted_at=time.time_ns() // 1_000_000)
    if deleted is None:
        raise Refused(404, f"there is no group {group_id} any more, or there never was")
    return deleted


def shown(group: Group) -> dict[str, Any]:
    """A group as a caller sees it."""
    return {
        "id": group["id"],
        "name": group["name"],
        "region": group["region"],
        "capacity": int(group["capacity"]),
        "status": "deleted" if "deleted_at" in group else "active",
        "endpoint": f"https://{group['id']}.{group['region']}.spot.example",
        "tags": group.get("tags", {}),
    }


def serve(event: dict[str, Any], ledger: Ledger) -> tuple[int, dict[str, Any]]:
    """Do what one request asks for: HTTP status and body.

    Raises:
        Refused: It cannot be done.
    """
    where = event.get("pathParameters") or {}
    mode, group_id = where.get("mode", ""), where.get("id", "")
    if mode not in MODES:
        raise Refused(404, f"the path must begin with one of /{', /'.join(MODES)}, got /{mode}")
    match event["httpMethod"], bool(group_id):
        case "POST", False:
            group, made = create(ledger, mode, body_of(event))
            return 201 if made else 200, shown(group)
        case "GET", False:
            return 200, {"groups": [shown(group) for group in find(ledger, mode, event["queryStringParameters"] or {})]}
        case "GET", True:
            return 200, shown(present(ledger.get(group_id), group_id))
        case "PUT", True:
            return 200, shown(update(ledger, group_id, body_of(event)))
        case "DELETE", True:
            return 200, shown(delete(ledger, group_id))
    raise Refused(405, f"{event['httpMethod']} is not for {event.get('path')}")


@cache
def _ledger() -> Ledger:
    dynamodb = boto3.resource("dynamodb")
    return Ledger(
        groups=dynamodb.Table(os.environ["GROUPS_TABLE"]),
        tokens=dynamodb.Table(os.environ["TOKENS_TABLE"]),
    )


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 - Lambda passes it
    """Answer one call."""
    try:
        status, body = serve(event, _ledger())
    except Refused as refusal:
        status, body = refusal.status, {"message": str(refusal)}
    made = status == 201  # noqa: PLR2004 - HTTP's "created"
    where = event.get("pathParameters") or {}
    logger.info(
        "vendor call",
        operation=event["httpMethod"],
        mode=where.get("mode"),
        http_status=status,
        group_id=body.get("id") or where.get("id"),
        made=made,
        reason=body.get("message"),
    )
    metrics.add_metric("GroupsMade", MetricUnit.Count, int(made))
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": json.dumps(body)}
