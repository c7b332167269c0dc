"""The kill switch: who is told to die, dies there once, and nobody else."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import ClassVar, NamedTuple

import pytest

from constructs_lib.runtime._shared.change import Written
from constructs_lib.runtime.custom_resource import entry, performer, steps
from constructs_lib.runtime.custom_resource.contract import ENTRY_POINT
from local import kill_switch
from local.kill_switch import STEPS, Kills


class Died(BaseException):
    """Stands for the end of the process."""


class Call(NamedTuple):
    method: str


class Write(NamedTuple):
    what: str


class Put(NamedTuple):
    url: str


@pytest.fixture
def kills(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kills:
    monkeypatch.setenv(kill_switch.ORDERS, str(tmp_path / "kills"))
    return Kills(tmp_path / "kills")


@pytest.fixture
def switch(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The module of the layer, as a function finds it, in a process that survives."""

    def die(status: int) -> None:
        raise Died(status)

    monkeypatch.delenv(kill_switch.HANDLER, raising=False)
    module = _load()
    monkeypatch.setattr(module.os, "_exit", die)
    yield module
    sys.modules.pop("demo_kill_switch", None)


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "demo_kill_switch", kill_switch.LAYER / "python" / "demo_kill_switch.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Fake:
    """A performer like the library's: a call of the author's writes a checkpoint while it runs."""

    lost: ClassVar[tuple[str, ...]] = ()

    def __init__(self, resource: str) -> None:
        self._request = SimpleNamespace(logical_id=resource)
        self.performed: list[str] = []

    def __call__(self, step: Call | Write | Put) -> object:
        if isinstance(step, Call):
            self.performed.append(step.method)
            self(Write("checkpoint"))
            return None
        name = step.what if isinstance(step, Write) else "respond"
        self.performed.append(name)
        return SimpleNamespace(won=name not in self.lost)


def library(switch: ModuleType, *, lost: tuple[str, ...] = ()) -> type[Fake]:
    """A class of performers that can be killed; `lost`: writes that are refused."""
    performer = type("Performer", (Fake,), {"__call__": Fake.__call__, "lost": lost})
    switch.watch(performer)
    return performer


PROTOCOL = (Write("claim"), Call("create"), Write("commit"), Put("https://"), Write("acknowledge"))


def perform(performer: Fake) -> list[str]:
    """Perform a request's steps until the process dies; what was performed."""
    try:
        for step in PROTOCOL:
            performer(step)
    except Died:
        performer.performed.append("died")
    return performer.performed


@pytest.mark.parametrize(
    ("step", "before"),
    [
        ("claim", ["claim"]),
        ("create", ["claim", "create"]),
        ("checkpoint", ["claim", "create", "checkpoint"]),
        ("commit", ["claim", "create", "checkpoint", "commit"]),
        ("respond", ["claim", "create", "checkpoint", "commit", "respond"]),
    ],
)
def test_the_library_s_handler_dies_after_the_step_that_was_ordered(
    kills: Kills, switch: ModuleType, step: str, before: list[str]
) -> None:
    performer = library(switch)
    kills.after(step, resource="Web")

    assert perform(performer("Web")) == [*before, "died"]
    # Each order is carried out once.
    assert kills.left(resource="Web") == 0
    assert perform(performer("Web"))[-1] == "acknowledge"


def test_somebody_else_lives(kills: Kills, switch: ModuleType) -> None:
    kills.after("create", resource="Web")

    assert perform(library(switch)("Other"))[-1] == "acknowledge"
    assert kills.left(resource="Web") == 1


def test_a_claim_that_is_refused_is_no_claim(kills: Kills, switch: ModuleType) -> None:
    kills.after("claim", resource="Web")

    performed = perform(library(switch, lost=("claim",))("Web"))

    assert performed[-1] == "acknowledge"


def test_it_dies_as_often_as_ordered_and_can_be_pardoned(kills: Kills, switch: ModuleType) -> None:
    performer = library(switch)
    kills.after("claim", resource="Web", times=3)

    assert [perform(performer("Web")) for _ in range(2)] == [["claim", "died"]] * 2
    assert kills.left(resource="Web") == 1
    kills.forget(resource="Web")
    assert perform(performer("Web"))[-1] == "acknowledge"


def test_a_step_that_does_not_exist_is_refused(kills: Kills) -> None:
    with pytest.raises(
        ValueError, match=r"a function can be killed after one of claim, create, .*poll, got commitment"
    ):
        kills.after("commitment", resource="Web")


@pytest.mark.parametrize(("step", "worked"), [("claim", False), ("create", True)])
def test_a_plain_handler_dies_before_or_after_its_work(
    kills: Kills, switch: ModuleType, monkeypatch: pytest.MonkeyPatch, step: str, worked: bool
) -> None:
    work: list[str] = []

    def handle(event: dict[str, str], _context: object) -> str:
        work.append(event["RequestType"])
        return "done"

    plain = ModuleType("plain")
    vars(plain)["handler"] = handle
    monkeypatch.setitem(sys.modules, "plain", plain)
    monkeypatch.setenv(kill_switch.HANDLER, "plain.handler")
    handler = switch._plain(plain.handler)
    assert _load().handler.__name__ == handler.__name__
    event = {"RequestType": "Create", "LogicalResourceId": "Web"}
    kills.after(step, resource="Web")

    with pytest.raises(Died):
        handler(event, None)
    assert bool(work) is worked
    assert handler(event, None) == "done"


def test_the_library_s_own_performer_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    """The names that the switch relies on are those of the library."""
    monkeypatch.setattr(performer.Performer, "__call__", performer.Performer.__call__)
    monkeypatch.setenv(kill_switch.HANDLER, ENTRY_POINT)
    before = performer.Performer.__call__

    assert _load().handler is entry.handler
    assert performer.Performer.__call__ is not before
    assert {step.__name__ for step in (steps.Call, steps.Write, steps.Put)} == {"Call", "Write", "Put"}
    assert "won" in Written._fields


def test_every_step_is_one_of_the_command_line_s() -> None:
    assert STEPS == ("claim", "create", "checkpoint", "commit", "respond")
