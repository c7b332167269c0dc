import json
import logging

import pytest

from constructs_lib.runtime.delayed_check.switch import Switch
from constructs_lib.runtime.flow_control.testing import FakeClock
from tests.runtime.custom_resource.loopback import GARBAGE, RESET, Reply
from tests.runtime.delayed_check.server import Server

NAME = "/shop/calls"


class TwoClocks(FakeClock):
    """One that a frozen environment stops, and one that it does not."""

    ahead = 0.0

    def time(self) -> float:
        return self.now + self.ahead


@pytest.fixture
def clock() -> TwoClocks:
    return TwoClocks()


@pytest.fixture
def switch(clock: TwoClocks) -> Switch:
    return Switch(logging.getLogger("tests.switch"), clock=clock)


def holding(value: str) -> Reply:
    return Reply(200, json.dumps({"Parameter": {"Name": NAME, "Value": value}}).encode())


def test_the_parameter_s_value_is_read(server: Server, switch: Switch) -> None:
    loopback = server(holding("run"))

    assert switch.read(NAME) == "run"

    (request,) = loopback.received
    assert request.headers["X-Amz-Target"] == "AmazonSSM.GetParameter"
    assert json.loads(request.body) == {"Name": NAME}


def test_within_a_second_it_is_not_read_again(server: Server, switch: Switch, clock: TwoClocks) -> None:
    loopback = server(holding("run"), holding("stop"))

    assert switch.read(NAME) == "run"
    clock.sleep(0.9)
    assert switch.read(NAME) == "run"
    clock.sleep(0.1)
    assert switch.read(NAME) == "stop"
    assert len(loopback.received) == 2


def test_each_parameter_has_a_value_of_its_own(server: Server, switch: Switch) -> None:
    server(holding("run"), holding("stop"))

    assert (switch.read(NAME), switch.read("/shop/letters"), switch.read(NAME)) == ("run", "stop", "run")


def test_what_was_read_before_a_freeze_does_not_count_after_it(
    server: Server, switch: Switch, clock: TwoClocks
) -> None:
    server(holding("run"), holding("stop"))

    assert switch.read(NAME) == "run"
    clock.ahead += 300

    assert switch.read(NAME) == "stop"


def test_a_clock_that_stands_still_makes_nothing_younger(server: Server, switch: Switch, clock: TwoClocks) -> None:
    server(holding("run"), holding("stop"))

    assert switch.read(NAME) == "run"
    clock.now += 1
    clock.ahead -= 1

    assert switch.read(NAME) == "stop"


def test_a_clock_that_is_set_back_makes_nothing_younger(server: Server, switch: Switch, clock: TwoClocks) -> None:
    server(holding("run"), holding("stop"))

    assert switch.read(NAME) == "run"
    clock.ahead -= 0.5

    assert switch.read(NAME) == "stop"


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(400, b'{"__type": "ParameterNotFound"}'), "ParameterNotFound"),
        (Reply(400, b'{"__type": "AccessDeniedException", "message": "secret"}'), "AccessDeniedException"),
        (Reply(RESET), "ConnectionClosedError"),
        (Reply(GARBAGE), "Error"),
        (Reply(200, b"{}"), "KeyError"),
        (Reply(200, b'{"Parameter": {}}'), "KeyError"),
    ],
)
def test_a_parameter_that_cannot_be_read_has_no_value(
    server: Server, switch: Switch, caplog: pytest.LogCaptureFixture, reply: Reply, kind: str
) -> None:
    server(reply)

    assert switch.read(NAME) is None

    (line,) = [line for line in caplog.records if line.name == "tests.switch"]
    assert line.levelname == "WARNING"
    assert line.getMessage().startswith("the kill switch '/shop/calls' cannot be read: ")
    assert kind in line.getMessage()
    assert "secret" not in caplog.text


def test_what_could_not_be_read_is_tried_again_a_second_later(server: Server, switch: Switch, clock: TwoClocks) -> None:
    server(Reply(400, b'{"__type": "ParameterNotFound"}'), holding("run"))

    assert switch.read(NAME) is None
    clock.sleep(1)
    assert switch.read(NAME) == "run"


def test_without_a_region_nothing_can_be_read(switch: Switch, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")

    assert switch.read(NAME) is None
