"""The vendor's ledger, as it is read from a table."""

from types import SimpleNamespace
from typing import Any

from local.ledger import Group, Ledger


def item(id: str, name: str, made: int, deleted: int | None = None) -> dict[str, Any]:
    fields = {"id": {"S": id}, "name": {"S": name}, "created_at": {"N": str(made)}}
    return fields if deleted is None else {**fields, "deleted_at": {"N": str(deleted)}}


class Table:
    """A table of two pages."""

    def scan(self, *, TableName: str, ConsistentRead: bool, **page: Any) -> dict[str, Any]:  # noqa: ANN401, N803
        """As DynamoDB answers."""
        assert (TableName, ConsistentRead) == ("groups", True)
        if page:
            assert page == {"ExclusiveStartKey": "second"}
            return {"Items": [item("sig-1", "web", 1000, 3500)]}
        return {"Items": [item("sig-2", "web", 2000), item("sig-3", "mail", 500)], "LastEvaluatedKey": "second"}


def test_every_page_is_read_and_groups_come_in_the_order_of_their_making() -> None:
    clients: Any = SimpleNamespace(client=lambda _service: Table())
    ledger = Ledger(clients, "groups")

    assert [group.id for group in ledger.groups()] == ["sig-3", "sig-1", "sig-2"]
    assert ledger.of("web") == [
        Group(id="sig-1", name="web", made_at=1.0, deleted_at=3.5),
        Group(id="sig-2", name="web", made_at=2.0),
    ]
    assert [group.exists for group in ledger.of("web")] == [False, True]
