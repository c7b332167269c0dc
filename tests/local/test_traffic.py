"""The load of the custom-resource experiment, and what is made of its records."""

import json

import pytest

from local.demo.rig import Provider
from local.demo.traffic import SHARE, SOON, Wanted, result, wanted
from local.ledger import Group
from local.recorder import Answer


def provider(*, is_ours: bool) -> Provider:
    return Provider(title="", is_ours=is_ours, mode="T", service_token="", functions=())


def answer(name: str, status: str, physical_id: str) -> Answer:
    body = json.dumps({"Status": status, "PhysicalResourceId": physical_id}).encode()
    return Answer(name=name, at=0, body=body, taken=True)


@pytest.mark.parametrize("requests", [1, SHARE, 10 * SHARE])
def test_one_in_so_many_is_delivered_again_and_both_providers_get_the_same(requests: int) -> None:
    naive, ours = (wanted(provider(is_ours=is_ours), requests) for is_ours in (False, True))
    again = [one.again_after for one in naive if one.again_after is not None]

    assert len(naive) == requests
    assert len({one.name for one in naive + ours}) == 2 * requests
    assert [one.again_after for one in naive] == [one.again_after for one in ours]
    assert len(again) == requests // SHARE or requests < SHARE
    assert all(0 <= seconds <= SOON for seconds in again)


def test_the_first_group_of_a_request_is_told_from_those_made_again() -> None:
    load = [Wanted(name="A", again_after=0.1), Wanted(name="B", again_after=None), Wanted(name="C", again_after=None)]
    groups = [
        Group(id="1", name="A", made_at=100.5, deleted_at=102),
        Group(id="2", name="A", made_at=101.5),
        Group(id="3", name="B", made_at=101.9, deleted_at=103),
        Group(id="4", name="somebody else's", made_at=101.9),
    ]
    answers = {
        "A": [answer("A", "SUCCESS", "1"), answer("A", "SUCCESS", "2")],
        "B": [answer("B", "SUCCESS", "3"), answer("B", "SUCCESS", "3")],
    }

    found = result(load, groups, answers, began=100.0, seconds=2.5, invocations=7, p50=0.1)

    assert (found.first, found.extra) == ([1, 1, 0], [0, 1, 0])
    assert (found.requests, found.again, found.left) == (3, 1, 1)
    assert (found.contradictions, found.unanswered) == (1, 1)
