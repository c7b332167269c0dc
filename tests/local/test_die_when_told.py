"""A function that dies when an answer tells it to: for real, in a process of its own."""

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from local import kill_switch
from local.twilio import Behaviour, Script, Twilio, api

FUNCTION = """
import base64, urllib.request

def handler(event, context):
    credentials = base64.b64encode(event["credentials"].encode()).decode()
    request = urllib.request.Request(
        event["url"], data=event["form"].encode(), headers={"Authorization": f"Basic {credentials}"}
    )
    with urllib.request.urlopen(request) as answer:
        return answer.status
"""
CALL = "import json, sys; import demo_die_when_told as it; print(it.handler(json.loads(sys.argv[1]), None))"


@pytest.mark.parametrize(("behaviour", "died"), [(Behaviour.KILLS, True), (Behaviour.ACCEPTS, False)])
def test_a_function_dies_after_its_call_was_made_and_before_it_can_know(
    tmp_path: Path, behaviour: Behaviour, died: bool
) -> None:
    (tmp_path / "own.py").write_text(FUNCTION, encoding="utf-8")
    with Twilio(scripts={"order-1": Script(behaviour=behaviour, rings=60)}) as twilio:
        event = (
            f'{{"credentials": "{twilio.account}:{twilio.auth_token}", '
            f'"url": "{twilio.endpoint}/2010-04-01/Accounts/{twilio.account}/Calls.json", '
            '"form": "To=1&From=2&Url=3&StatusCallback=http://127.0.0.1:1/order-1"}'
        )
        done = subprocess.run(
            [sys.executable, "-c", CALL, event],
            env={"PYTHONPATH": f"{kill_switch.LAYER / 'python'}:{tmp_path}", kill_switch.HANDLER: "own.handler"},
            capture_output=True,
            text=True,
            check=False,
        )

        assert len(twilio.calls()) == 1
    assert (done.returncode, done.stdout.strip()) == ((1, "killed before it read the answer") if died else (0, "201"))


def test_the_provider_and_the_function_mean_the_same_by_die() -> None:
    """The layer travels alone, so that it cannot import the provider's words."""
    told = runpy.run_path(str(kill_switch.LAYER / "python" / "demo_die_when_told.py"))

    assert (told["THEN"], told["DIE"]) == (api.THEN, api.DIE)
