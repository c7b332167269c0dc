"""Only what a handler reaches by its names is told of it."""

from pathlib import Path

import pytest

from constructs_lib._unknown import UNKNOWN
from constructs_lib.flow_control.checks import code

TENACITY = "from tenacity import retry, stop_after_attempt, wait_fixed\nslow = 1\n"
RETRIED = "@retry(stop=stop_after_attempt(3), wait=wait_fixed(9))\n"
CALL = f"{TENACITY}{RETRIED}def call():\n    ...\n"
METHOD = f"{TENACITY}class Api:\n    {RETRIED}    def call(self):\n        ...\n    def other(self): ...\n"


def read(source: str, handler: str = "index.handler") -> code.Code:
    return code.read(source, runtime="python3.13", handler=handler)


@pytest.mark.parametrize(
    "source",
    [
        f"{CALL}def handler(e, c):\n    call()",
        f"{CALL}def work(r):\n    call()\ndef handler(e, c):\n    return each(e, work)",
        f"{CALL}def handler(e, c):\n    return asyncio.gather(*(call() for _ in e))",
        f"{CALL}KINDS = {{'a': call}}\ndef handler(e, c):\n    KINDS[e['kind']]()",
        f"{CALL}handler = wrap(call)",
        f"{CALL}handler = lambda e, c: call()",
        f"{METHOD}api = Api()\ndef handler(e, c):\n    api.call()",
        f"{METHOD.replace('class Api', 'class Api(Base)')}def handler(e, c):\n    run(Api())",
        "from tenacity import *\ndef handler(e, c):\n    for a in Retrying(stop=stop_after_attempt(3)):\n        ...",
    ],
)
def test_retries_that_the_handler_reaches_count(source: str) -> None:
    assert read(source).call_attempts == 3


@pytest.mark.parametrize(
    "source",
    [
        f"{CALL}CONFIG = call()\ndef handler(e, c):\n    return CONFIG",
        f"{CALL}def handler(e, c): ...\nif __name__ == '__main__':\n    call()",
        f"{CALL}def unused():\n    call()\ndef handler(e, c): ...",
        f"{CALL}def handler(e, c):\n    client.call()",
        f"{METHOD}api = Api()\ndef handler(e, c):\n    api.other()",
        f"{TENACITY}{RETRIED}def migrate(): ...\n@other(reraise=True)\ndef send(): ...\ndef handler(e, c):\n    send()",
        f"{TENACITY}@retry\ndef migrate(): ...\ndef handler(e, c): ...",
        f"{TENACITY}@retry(stop=stop_after_delay(9))\ndef migrate(): ...\ndef handler(e, c): ...",
        f"{CALL}from elsewhere import handler",
    ],
)
def test_retries_that_it_does_not_reach_do_not_count(source: str) -> None:
    assert read(source).call_attempts is None


@pytest.mark.parametrize("decorator", ["@retry", "@retry(reraise=True)", "@retry(stop=stop_after_attempt(N()))"])
def test_retries_that_it_reaches_and_that_cannot_be_read_are_unknown(decorator: str) -> None:
    source = f"{TENACITY}{RETRIED}def migrate(): ...\n{decorator}\ndef send(): ...\ndef handler(e, c):\n    send()"

    assert read(source).call_attempts is UNKNOWN


def test_retries_are_followed_into_other_modules(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "index.py").write_text(
        "from shop import courier as c, unused\nimport shop.courier\n"
        "def handler(e, _):\n    return c.deliver(e)\n"
        "def other(e, _):\n    return shop.courier.deliver(e)\n"
        "def third(e, _):\n    return unused.x"
    )
    (tmp_path / "shop" / "__init__.py").write_text("")
    (tmp_path / "shop" / "unused.py").write_text(CALL.replace("attempt(3)", "attempt(9)"))
    (tmp_path / "shop" / "courier.py").write_text(f"{CALL}def deliver(e):\n    call()")

    found = [
        code.read(tmp_path, runtime="python3.13", handler=f"index.{name}").call_attempts
        for name in ("handler", "other", "third")
    ]

    assert found == [3, 3, None]


TWO = "def orders(e, c):\n    return {'batchItemFailures': []}\ndef mails(e, c):\n    send(e)\n"


@pytest.mark.parametrize(
    ("source", "handler", "expected"),
    [
        (TWO, "index.orders", True),
        (TWO, "index.mails", False),
        (TWO.replace("send(e)", "globals()[e['kind']](e)"), "index.mails", UNKNOWN),
        (f"@app.register\n{TWO}", "index.mails", UNKNOWN),
        (TWO, "index.made_at_run_time", UNKNOWN),
        ("def handler(e, c):\n    if call().get('batchItemFailures'):\n        raise Error", "index.handler", UNKNOWN),
        ("def handler(e, c):\n    if call()['batchItemFailures']:\n        raise Error", "index.handler", UNKNOWN),
        ("def handler(e, c):\n    if 'batchItemFailures' in call():\n        raise Error", "index.handler", UNKNOWN),
        (
            "def handler(e, c):\n    a = start()\n    a['batchItemFailures'].append(1)\n    return a",
            "index.handler",
            True,
        ),
        ("KEY = 'batchItemFailures'\ndef handler(e, c):\n    return {KEY: []}", "index.handler", True),
        (
            "class R(Model):\n    batch_item_failures: list\ndef handler(e, c):\n    return R()",
            "index.handler",
            UNKNOWN,
        ),
        (
            "def reports(f):\n    def inner(e, c):\n        return {'batchItemFailures': f(e)}\n    return inner\n"
            "@reports\ndef handler(e): ...",
            "index.handler",
            True,
        ),
        (
            "from aws_lambda_powertools.utilities.batch import process_partial_response as partial\n"
            "def handler(e, c):\n    return partial(e)",
            "index.handler",
            True,
        ),
    ],
)
def test_a_handler_answers_failures_itself_or_may(source: str, handler: str, expected: object) -> None:
    assert read(source, handler).answers_failures is expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("exports.handler = async (event) => { const r = f(); r.batchItemFailures.push(1); return r; };", True),
        ("exports.handler = async (event) => { if ((await f()).batchItemFailures.length) throw 1; };", UNKNOWN),
        ("exports.a = async (event) => ({ batchItemFailures: [] });\nexports.b = async (event) => f();", UNKNOWN),
    ],
)
def test_javascript_that_reads_the_answer_of_another_or_has_two_handlers_is_unknown(
    source: str, expected: object
) -> None:
    assert code.read(source, runtime="nodejs22.x", handler="index.handler").answers_failures is expected
