import pytest

from constructs_lib.runtime.delayed_check.row import EDGES, PUBLISHED, Row, State, event_id_of, key_of


def test_every_state_has_its_edges() -> None:
    assert EDGES.keys() == set(State)


def test_every_state_can_be_reached_from_the_first() -> None:
    reached: set[State] = set()
    todo = [State.SCHEDULED]
    while todo:
        state = todo.pop()
        if state not in reached:
            reached.add(state)
            todo.extend(EDGES[state])

    assert reached == set(State)


def test_an_order_that_is_not_published_can_still_become_so() -> None:
    for state in set(State) - PUBLISHED:
        assert EDGES[state] & PUBLISHED


def test_what_is_published_is_never_taken_back() -> None:
    for state in PUBLISHED:
        assert EDGES[state] <= PUBLISHED


def test_what_is_published() -> None:
    assert {str(state) for state in PUBLISHED} == {
        "DIALED",
        "OUTCOME",
        "NOT_ELIGIBLE",
        "CONTROL",
        "SUPPRESSED",
        "EXPIRED",
        "UNKNOWN",
    }


def test_nobody_is_contacted_again_once_it_is_not_known_whether_they_were() -> None:
    assert State.DECIDED not in EDGES[State.UNKNOWN]
    assert State.CLAIMED not in EDGES[State.UNKNOWN]


def test_only_a_decision_to_contact_can_be_claimed() -> None:
    assert [state for state in State if State.CLAIMED in EDGES[state]] == [State.DECIDED]


def test_the_control_arm_and_what_had_settled_stay_as_they_are() -> None:
    assert not EDGES[State.CONTROL]
    assert not EDGES[State.NOT_ELIGIBLE]


def test_a_row_is_read_from_an_item_whatever_a_later_version_adds() -> None:
    item = {"pk": "check#order-1", "unit": "order-1", "state": "DIALED", "placed_at": 1, "ttl": 5, "new": {"a": 1}}

    assert Row.of(item) == Row("order-1", State.DIALED, placed_at=1)


@pytest.mark.parametrize(
    "item",
    [{}, {"unit": "order-1"}, {"state": "DIALED"}, {"unit": "order-1", "state": "LATER"}, {"arms": {"call": 50}}],
)
def test_what_is_no_row_is_none(item: dict[str, object]) -> None:
    assert Row.of(item) is None


def test_a_row_and_an_experiment_never_share_a_key() -> None:
    assert key_of("stuck-orders", "order-1") == "stuck-orders#order-1"
    assert key_of("stuck-orders", "2@1") != "stuck-orders@1"


def test_an_order_has_one_event_id_of_64_characters() -> None:
    ids = {event_id_of(check, unit) for check in ("a", "b") for unit in ("1", "2", "\ud800")}

    assert len(ids) == 6
    assert {len(one) for one in ids} == {64}
    assert event_id_of("a", "1") == "9fd357443296a7d165639a64f71ffe984c57919b301c14bbc2950dff7a34c7a1"
