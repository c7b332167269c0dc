"""Every interleaving of deliveries, kills and takeovers of one resource, with the protocol's own generators.

The smaller bound runs with the other tests, the full one (three deliveries of which two are killed, Lambda's two
retries for each) in `make test-all`.
"""

from typing import Any

import pytest

from constructs_lib.runtime.custom_resource import claims, decision, holding, transitions, work
from constructs_lib.runtime.custom_resource.decision import Decision, Verdict
from constructs_lib.runtime.custom_resource.record import Targets, instances
from tests.runtime.custom_resource.model.explore import Explored, explore
from tests.runtime.custom_resource.model.setting import Asked, Fault, Setup
from tests.runtime.custom_resource.model.vendor import Mode

CREATE, DELETE = Asked("Create"), Asked("Delete")
THREE_DELIVERIES = {
    "Create x3": (CREATE._replace(deliveries=3),),
    "Create x2, Delete": (CREATE._replace(deliveries=2), DELETE),
    "Create, Delete x2": (CREATE, DELETE._replace(deliveries=2)),
}

_FIRST = CREATE._replace(signed_at=1)
_UPDATE = Asked("Update", signed_at=2, after="Create", names="Create")
_FAILED_FIRST = Asked("Create", url="Create", request_id="r")
_ASKED_AGAIN = Asked("Create", url="Again", request_id="r", after="Create")
#: Two or three requests of one resource, in whatever order they are delivered.
REQUESTS = {
    "Create x2": (CREATE._replace(deliveries=2),),
    "Create, Delete": (CREATE, DELETE),
    "Create, Delete, both dated": (_FIRST, DELETE._replace(signed_at=2)),
    "the same id asked again": (_FAILED_FIRST, _ASKED_AGAIN),
    "the same id asked again, Delete": (_FAILED_FIRST, _ASKED_AGAIN, DELETE._replace(after="Again", names="Again")),
    "a replacement x2": (_FIRST, _UPDATE._replace(deliveries=2)),
    "a replacement, Delete of the old": (
        _FIRST,
        _UPDATE,
        Asked("Delete", signed_at=3, after="Update", names="Create"),
    ),
    "a replacement that is cancelled": (_FIRST, _UPDATE, _UPDATE._replace(url="Rollback", signed_at=3)),
}
FAULTS: tuple[Fault, ...] = (
    "late",
    "table lost",
    "table done",
    "retried write",
    "put",
    "reply lost",
    "refused",
    "start",
)
MODES: tuple[Mode, ...] = ("T", "Q", "N")

modes = pytest.mark.parametrize("mode", MODES)


@modes
@pytest.mark.parametrize("name", THREE_DELIVERIES)
def test_one_resource_and_one_answer_for_three_deliveries_of_which_one_is_killed(name: str, mode: Mode) -> None:
    found = explore(Setup(mode=mode, asked=THREE_DELIVERIES[name], kills=1, retries=1))

    assert (found.made, found.findings) == (1, {})


@pytest.mark.long
@modes
@pytest.mark.parametrize("name", THREE_DELIVERIES)
def test_one_resource_and_one_answer_for_three_deliveries_and_their_retries_of_which_two_are_killed(
    name: str, mode: Mode
) -> None:
    found = explore(Setup(mode=mode, asked=THREE_DELIVERIES[name], kills=2, retries=2))

    print(f"{name}, {mode}: {found.states} states, {found.seconds:.0f} s")  # noqa: T201 - seen with -rP
    assert (found.made, found.findings) == (1, {})


@modes
@pytest.mark.parametrize("name", REQUESTS)
def test_requests_that_follow_each_other_leave_what_cloudformation_knows(name: str, mode: Mode) -> None:
    found = explore(Setup(mode=mode, asked=REQUESTS[name], kills=1, retries=0, late_writes=True))

    assert (found.made, found.findings) == (1, {})


@modes
@pytest.mark.parametrize("checkpoints", [False, True])
@pytest.mark.parametrize("name", ["Create x2", "Create, Delete"])
def test_the_on_failure_path_answers_when_every_attempt_is_killed(name: str, checkpoints: bool, mode: Mode) -> None:
    found = explore(Setup(mode=mode, asked=REQUESTS[name], kills=2, retries=0, checkpoints=checkpoints))

    assert (found.made, found.findings) == (1, {})


@modes
@pytest.mark.parametrize("name", ["Create x2", "Create, Delete"])
def test_a_fault_of_the_table_the_vendor_or_the_network_beside_a_kill_changes_nothing(name: str, mode: Mode) -> None:
    setup = Setup(mode=mode, asked=REQUESTS[name], kills=1, retries=0, faults=1, kinds=frozenset(FAULTS))

    found = explore(setup)

    assert (found.made, found.findings) == (1, {})


@modes
@pytest.mark.parametrize("name", ["Create x2", "Create, Delete", "a replacement, Delete of the old"])
def test_long_work_is_polled_to_its_end_by_one_loop_for_each_claim(name: str, mode: Mode) -> None:
    setup = Setup(mode=mode, asked=REQUESTS[name], kills=1, retries=0, polls=1)

    found = explore(setup)

    assert (found.made, found.findings) == (1, {})


@pytest.mark.long
@modes
@pytest.mark.parametrize("polls", [None, 1])
@pytest.mark.parametrize("checkpoints", [False, True])
@pytest.mark.parametrize("name", REQUESTS)
def test_any_fault_beside_a_kill_changes_nothing(name: str, checkpoints: bool, polls: int | None, mode: Mode) -> None:
    # What is to be removed beside something else, and cannot be, is reported, and left if there is no next request.
    has_leftovers = name in ("a replacement that is cancelled", "a replacement, Delete of the old")
    kinds = frozenset(FAULTS) - ({"refused", "reply lost"} if has_leftovers else set())
    setup = Setup(mode=mode, asked=REQUESTS[name], kills=1, retries=1 if polls is None else 0, faults=1, kinds=kinds)

    assert explore(setup._replace(checkpoints=checkpoints, polls=polls)).findings == {}


@pytest.mark.parametrize("checkpoints", [False, True])
@pytest.mark.parametrize("name", ["Create x2", "Create, Delete"])
def test_where_the_vendor_honours_tokens_leases_may_end_too_early_and_requests_land_late(
    name: str, checkpoints: bool
) -> None:
    setup = Setup(mode="T", asked=REQUESTS[name], retries=0, checkpoints=checkpoints, zombies=True, in_bound=False)

    found = explore(setup)

    assert (found.made, found.findings) == (1, {})


def test_where_the_vendor_can_only_be_asked_a_lease_must_outlive_what_its_holder_sent() -> None:
    asked = REQUESTS["Create x2"]

    assert explore(Setup(mode="Q", asked=asked, retries=1)).made == 1
    assert explore(Setup(mode="Q", asked=asked, retries=1, in_bound=False)).made == 3


@pytest.mark.parametrize(("protocol", "made"), [("naive", 5), ("powertools", 3)])
def test_without_a_fenced_record_requests_make_more_and_the_answers_disagree(protocol: str, made: int) -> None:
    retries = 2 if protocol == "naive" else 0

    found = explore(Setup(mode="N", asked=THREE_DELIVERIES["Create x3"], retries=retries, protocol=protocol))

    assert found.made == made
    assert "contradiction" in found.findings


def _check(name: str, mode: Mode, **more: Any) -> Explored:  # noqa: ANN401 - the fields of a setup
    return explore(Setup(mode=mode, asked={**THREE_DELIVERIES, **REQUESTS}[name], **{"kills": 1, "retries": 1, **more}))


def test_the_check_finds_a_claim_that_forgets_a_duplicate(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(item: Any, request: Any, now: int) -> Decision:  # noqa: ANN401
        known = decision.decide(item, request, now)
        return Decision(Verdict.CLAIM) if known.verdict is Verdict.DONE else known

    monkeypatch.setattr(holding, "decide", forgetful)

    assert _check("Create x2", "N", kills=0).findings.keys() >= {"contradiction"}


def test_the_check_finds_a_delete_that_leaves_the_create_before_it_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "_cancelled", lambda *_: {})

    assert _check("Create, Delete", "Q").findings.keys() >= {"left"}


def test_the_check_finds_a_commit_without_a_fence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transitions, "holds", lambda *_: ())

    assert _check("Create, Delete", "T", zombies=True).findings != {}


def test_the_check_finds_a_made_up_id_that_reaches_the_author(monkeypatch: pytest.MonkeyPatch) -> None:
    def by_id(item: Any, request: Any) -> Targets:  # noqa: ANN401
        named = {of: one for of, one in instances(item).items() if one.physical_id == request.physical_id}
        return Targets(named, foreign=not named)

    monkeypatch.setattr(work, "targets", by_id)

    assert _check("Create, Delete", "T").findings.keys() >= {"made up", "left"}
