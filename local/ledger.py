"""The spot vendor's ledger: every group of instances that it ever made, and when it was deleted."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from local.clients import Clients


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One group.

    Attributes:
        id: The vendor's id of it.
        name: What it was asked to be called; in the experiment, the request that it was made for.
        made_at: Epoch seconds.
        deleted_at: Epoch seconds; None while it exists, and is billed.
    """

    id: str
    name: str
    made_at: float
    deleted_at: float | None = None

    @property
    def exists(self) -> bool:
        """Whether it still costs money."""
        return self.deleted_at is None


class Ledger:
    """Reads the vendor's table.

    Args:
        clients: Where the vendor is.
        table: The table's name.
    """

    def __init__(self, clients: Clients, table: str) -> None:
        self._clients = clients
        self._table = table

    def groups(self) -> list[Group]:
        """Every group, in the order of their making."""
        items: list[dict[str, Any]] = []
        page: dict[str, Any] = {}
        while True:
            answer = self._clients.client("dynamodb").scan(TableName=self._table, ConsistentRead=True, **page)
            items += answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return sorted(map(_group, items), key=lambda group: group.made_at)
            page = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def of(self, name: str) -> list[Group]:
        """The groups with this name, in the order of their making."""
        return named(self.groups(), name)


def named(groups: Iterable[Group], name: str) -> list[Group]:
    """The groups with this name."""
    return [group for group in groups if group.name == name]


def _group(item: dict[str, Any]) -> Group:
    deleted = item.get("deleted_at")
    return Group(
        id=item["id"]["S"],
        name=item["name"]["S"],
        made_at=int(item["created_at"]["N"]) / 1000,
        deleted_at=None if deleted is None else int(deleted["N"]) / 1000,
    )
