"""The table of records: each change is one UpdateItem, and nothing else is ever called."""

from collections.abc import Mapping
from typing import Any

from constructs_lib.runtime._shared.change import Change, Condition, Item, Value, Written, check, kind
from constructs_lib.runtime._shared.contract import PARTITION_KEY
from constructs_lib.runtime._shared.errors import TableUnavailable

_REFUSED = "ConditionalCheckFailedException"
#: Errors whose message names what is missing, and nothing of the record.
_SAY_WHAT_IS_MISSING = ("AccessDeniedException", "ResourceNotFoundException", "UnrecognizedClientException")


class Table:
    """A table of DynamoDB's. Its client is made at the first write and kept.

    Args:
        table_name: Its name.
    """

    def __init__(self, table_name: str) -> None:
        self._name = table_name
        self._client: Any = None

    def write(self, change: Change) -> Written:
        """Make a change, if its conditions hold.

        A change that was made by a try whose answer got lost is refused to the next try: `Written.item` then shows
        the writer's own nonce.

        Raises:
            TableUnavailable: DynamoDB did not answer, throttled, or refused.
        """
        parameters = update_item(change)
        # At the first use, because it takes longer than all of the library; botocore, because boto3 takes twice that.
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        answer: Any
        try:
            if self._client is None:
                from constructs_lib.runtime._shared.client import make_client  # noqa: PLC0415 - as above

                self._client = make_client("dynamodb", read_timeout=2)
            answer = self._client.update_item(TableName=self._name, **parameters)
        except ClientError as error:
            answer = error.response
            if answer.get("Error", {}).get("Code") == _REFUSED:
                return Written(won=False, item=from_attributes(answer.get("Item", {})))
            raise TableUnavailable(self._said(answer.get("Error", {}))) from None
        except BotoCoreError as error:
            # Not its text, which may quote what was to be written.
            raise TableUnavailable(f"the table {self._name} could not be reached: {type(error).__name__}") from None
        return Written(won=True, item=from_attributes(answer.get("Attributes", {})))

    def _said(self, error: Mapping[str, str]) -> str:
        code = error.get("Code", "an unnamed error")
        more = f": {error.get('Message', '')}" if code in _SAY_WHAT_IS_MISSING else ""
        return f"the table {self._name} refused a write with {code}{more}"


def update_item(change: Change) -> dict[str, Any]:
    """UpdateItem's parameters, but for the table's name; every attribute aliased: owner, url and ttl are reserved.

    Raises:
        ValueError: It is a change that DynamoDB would refuse; or TypeError, likewise.
    """
    check(change)
    aliases = _Aliases()
    # One without a condition always holds, and an alias that is not used is an error.
    alternatives = change.when if all(change.when) else ()
    conditions = [" AND ".join(aliases.condition(one) for one in together) for together in alternatives]
    clauses = {
        "SET": [f"{aliases.name(name)} = {aliases.value(value)}" for name, value in change.set.items()],
        "REMOVE": [aliases.name(name) for name in change.remove],
        "ADD": [f"{aliases.name(name)} {aliases.value(number)}" for name, number in change.add.items()],
    }
    parameters = {
        "UpdateExpression": " ".join(f"{verb} {', '.join(parts)}" for verb, parts in clauses.items() if parts),
        "ConditionExpression": " OR ".join(f"({one})" for one in conditions),
        "ExpressionAttributeNames": aliases.names(),
        "ExpressionAttributeValues": aliases.values,
    }
    return {
        "Key": {PARTITION_KEY: to_attribute(change.key)},
        "ReturnValues": "ALL_NEW",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        **{name: value for name, value in parameters.items() if value},
    }


def to_attribute(value: Value) -> dict[str, Any]:
    """A value in DynamoDB's JSON.

    Raises:
        TypeError: It is of a type that a record cannot hold.
    """
    match kind(value):
        case "S":
            return {"S": str.__str__(value)}
        case "N":
            return {"N": str(value)}
        case "BOOL":
            return {"BOOL": value}
        case "M":
            return {"M": {name: to_attribute(one) for name, one in value.items()}}
        case "L":
            return {"L": [to_attribute(one) for one in value]}
    return {"NULL": True}


def from_attributes(attributes: Mapping[str, Mapping[str, Any]]) -> Item:
    """A record from DynamoDB's JSON."""
    return {name: _from_attribute(attribute) for name, attribute in attributes.items()}


def _from_attribute(attribute: Mapping[str, Any]) -> Value:
    ((name, value),) = attribute.items()
    match name:
        case "N":
            # Somebody else's number may have a fraction; the library writes none.
            return int(value) if value.removeprefix("-").isdecimal() else float(value)
        case "M":
            return from_attributes(value)
        case "L":
            return [_from_attribute(one) for one in value]
        case "NULL":
            return None
    return value


class _Aliases:
    """The names and values that an expression stands for."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self._names: dict[str, str] = {}

    def names(self) -> dict[str, str]:
        """Attributes by their aliases."""
        return {alias: name for name, alias in self._names.items()}

    def name(self, attribute: str) -> str:
        """An attribute's alias."""
        return self._names.setdefault(attribute, f"#{len(self._names)}")

    def value(self, value: Value) -> str:
        """A value's alias."""
        alias = f":{len(self.values)}"
        self.values[alias] = to_attribute(value)
        return alias

    def condition(self, condition: Condition) -> str:
        """A condition in DynamoDB's words."""
        name = self.name(condition.attribute)
        match condition.operator:
            case "exists":
                return f"attribute_exists({name})"
            case "absent":
                return f"attribute_not_exists({name})"
        return f"{name} {condition.operator} {self.value(condition.value)}"
