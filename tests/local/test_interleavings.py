"""The rig and its interleavings, with providers played by the test: what each is worth is known beforehand."""

import json
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from local.demo import interleavings, rig
from local.demo.interleavings import PLAYS, QUICK, play_all
from local.demo.rig import Event, Provider, Rig
from local.errors import LocalError
from local.kill_switch import STEPS, Kills
from local.ledger import Group
from local.recorder import Recorder


def provider(name: str, *, mode: str = "T") -> Provider:
    return Provider(title=name, is_ours=name == "ours", mode=mode, service_token=name, functions=())


NAIVE = provider("naive")
OURS = {mode: provider("ours", mode=mode) for mode in "TQN"}


def captured(service_token: str) -> Event:
    return {
        "RequestType": "Create",
        "RequestId": "request-1",
        "StackId": "arn:aws:cloudformation:us-east-1:000000000000:stack/example/guid",
        "ResponseURL": "http://localhost:1/secret",
        "LogicalResourceId": "Group",
        "ResourceType": "Custom::Elastigroup",
        "ResourceProperties": {"ServiceToken": service_token, "Name": "example", "Region": "here"},
    }


class Vendor:
    """The vendor's ledger, and two providers: one makes a group for each delivery, the other one for each request."""

    def __init__(self) -> None:
        self.groups: list[Group] = []
        self.made: dict[str, str] = {}
        self.delivered: list[Event] = []
        self._lock = threading.Lock()

    def of(self, name: str) -> list[Group]:
        """As the ledger does."""
        with self._lock:
            return [group for group in self.groups if group.name == name]

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: bytes) -> None:  # noqa: N803 - boto3's names
        """Deliver an event."""
        assert InvocationType == "Event"
        event = json.loads(Payload)
        with self._lock:
            self.delivered.append(event)
            physical_id = self._serve(event, once=FunctionName == "ours")
        if physical_id is not None:
            body = json.dumps({"Status": "SUCCESS", "PhysicalResourceId": physical_id}).encode()
            answer = urllib.request.Request(event["ResponseURL"], data=body, method="PUT")  # noqa: S310 - our recorder
            threading.Thread(target=put, args=(answer,)).start()

    def _serve(self, event: Event, *, once: bool) -> str | None:
        request, name = event["RequestId"], event["ResourceProperties"]["Name"]
        if event["RequestType"] == "Delete":
            kept = [group for group in self.groups if group.id != event["PhysicalResourceId"]]
            gone = [group for group in self.groups if group not in kept]
            everything = [group for group in self.groups if group.name == name] if once else gone
            for group in everything:
                self.groups[self.groups.index(group)] = Group(
                    id=group.id, name=name, made_at=group.made_at, deleted_at=group.made_at + 1
                )
            return str(event["PhysicalResourceId"])
        if once and request in self.made:
            return None
        self.made[request] = f"sig-{len(self.groups)}"
        self.groups.append(Group(id=self.made[request], name=name, made_at=1.0))
        return self.made[request]


def put(answer: urllib.request.Request) -> None:
    """Answer until it is taken."""
    for _ in range(20):
        try:
            urllib.request.urlopen(answer).close()  # noqa: S310 - our recorder
        except OSError:
            continue
        return


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


@pytest.fixture
def stage(vendor: Vendor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    events = tmp_path / "events.jsonl"
    events.write_text("".join(json.dumps({"at": 1, "event": captured(token)}) + "\n" for token in ("naive", "ours")))
    monkeypatch.setattr(rig, "QUIET", 0.1)
    monkeypatch.setattr(rig, "_LOOK", 0.02)
    monkeypatch.setattr(interleavings, "_SLOW", 0.1)
    emulator: Any = SimpleNamespace(custom_resource_events=events, client=lambda _service: vendor)
    ledger: Any = vendor
    with Recorder() as recorder:
        yield Rig(emulator, recorder, ledger, Kills(tmp_path / "kills"))


def test_a_create_is_one_that_cloudformation_sent_for_another_group(stage: Rig) -> None:
    first, second = (stage.create(NAIVE, name, latency=1.5) for name in ("Web1", "Web2"))

    assert first["ResourceProperties"] == {
        "ServiceToken": "naive",
        "Name": "Web1",
        "Region": "here",
        "Latency": "1.5",
    }
    assert first["ResponseURL"] == stage.recorder.url("Web1")
    assert first["StackId"].startswith("arn:aws:cloudformation:us-east-1:000000000000:stack/example/")
    assert len({one[field] for one in (first, second) for field in ("RequestId", "StackId")}) == 4
    # What was captured stays as it was.
    assert stage.captured(NAIVE) == captured("naive")


def test_a_delete_is_a_request_of_its_own_about_the_same_resource(stage: Rig) -> None:
    create = stage.create(NAIVE, "Web1")
    delete = stage.delete(create, "sig-1")

    same = ("StackId", "LogicalResourceId", "ResourceProperties", "ResourceType")
    assert {name: delete[name] for name in same} == {name: create[name] for name in same}
    assert (delete["RequestType"], delete["PhysicalResourceId"]) == ("Delete", "sig-1")
    assert delete["RequestId"] != create["RequestId"]
    assert delete["ResponseURL"] != create["ResponseURL"]


def test_a_provider_that_was_never_asked_has_nothing_to_deliver_again(stage: Rig) -> None:
    with pytest.raises(LocalError, match="CloudFormation has sent no Create to other: create a stack with it first"):
        stage.create(provider("other"), "Web1")


def test_the_very_event_of_a_stack_is_found_by_its_resource(stage: Rig) -> None:
    assert stage.create_of("Group") == captured("naive")
    with pytest.raises(LocalError, match="CloudFormation has sent no Create of Other: create a stack with it first"):
        stage.create_of("Other")


def test_every_interleaving_is_played_at_both_in_order_and_ends_with_a_delete(stage: Rig, vendor: Vendor) -> None:
    done: list[None] = []
    found = play_all(stage, PLAYS, naive=NAIVE, ours=OURS, kill_after="create", on_done=lambda: done.append(None))

    assert [one.title for one in found] == [play.title.format(step="create") for play in PLAYS for _ in play.modes]
    assert len(done) == 2 * len(found)
    names = {event["LogicalResourceId"] for event in vendor.delivered}
    assert names == {event["LogicalResourceId"] for event in vendor.delivered if event["RequestType"] == "Delete"}
    assert [one.ours.faults for one in found] == [[]] * len(found)
    # Nobody died: there was nobody to die.
    assert list(stage.kills.folder.iterdir()) == []


def test_one_that_makes_a_group_for_each_delivery_is_found_out(stage: Rig) -> None:
    twice, _, _, _ = play_all(stage, QUICK, naive=NAIVE, ours=OURS, kill_after="create", on_done=lambda: None)

    assert (twice.naive.made, twice.naive.left, twice.naive.contradicts_itself) == (2, 1, True)
    assert twice.naive.faults == ["2 groups made, 1 asked for", "1 left after the Delete", "contradictory answers"]


@pytest.mark.parametrize(
    ("is_ours", "ordered"),
    [
        (True, dict(zip(STEPS, STEPS, strict=True))),
        (
            False,
            {"claim": "claim", "create": "create", "checkpoint": "create", "commit": "create", "respond": "respond"},
        ),
    ],
)
def test_a_plain_handler_dies_after_its_work_whichever_step_it_does_not_know(
    stage: Rig, is_ours: bool, ordered: dict[str, str]
) -> None:
    for step, where in ordered.items():
        scene = interleavings.Scene(
            rig=stage, provider=OURS["T"] if is_ours else NAIVE, name=f"Web-{step}", kill_after=step
        )
        scene.kill(times=2)

        assert sorted(order.name for order in stage.kills.folder.glob(f"Web-{step}.*")) == [
            f"Web-{step}.{where}.{number}" for number in range(2)
        ]


def test_settling_waits_for_what_still_happens(stage: Rig, vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []

    def of(_self: Vendor, _name: str) -> list[Group]:
        looks.append(len(looks))
        return [Group(id=str(number), name="Web", made_at=1.0) for number in range(min(len(looks), 5))]

    monkeypatch.setattr(Vendor, "of", of)
    stage.settle("Web")

    assert len(looks) > 5
    assert vendor.groups == []
