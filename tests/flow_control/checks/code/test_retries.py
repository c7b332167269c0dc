"""What is read of the calls that a Python function makes: their timeouts and its own retries."""

import ast

import pytest
import tenacity

from constructs_lib._unknown import UNKNOWN
from constructs_lib.flow_control.checks.code.retries import Retries, longest, retries


def read(source: str) -> Retries:
    return longest(retries(ast.parse(source)))


def decorated(arguments: str, body: str = "...") -> str:
    return f"import requests\nfrom tenacity import *\n@retry({arguments})\ndef call():\n    {body}\n"


def test_the_published_template_retries_for_longer_than_its_function_runs() -> None:
    found = read(decorated("stop=stop_after_attempt(5), wait=wait_fixed(3) + wait_random(0, 5), reraise=True"))

    assert found == Retries(attempts=5, timeout=None, wait=8)
    assert found.at_least == 32


@pytest.mark.parametrize(
    "strategy",
    [
        "wait_none()",
        "wait_fixed(2.5)",
        "wait_random(1, 4)",
        "wait_random()",
        "wait_fixed(3) + wait_random(min=0, max=5)",
        "wait_combine(wait_fixed(1), wait_random(0, 2))",
        "wait_chain(wait_fixed(1), wait_fixed(7))",
        "wait_incrementing(start=1, increment=3, max=5)",
        "wait_exponential(multiplier=1, min=2, max=6)",
        "wait_exponential(max=60)",
        "wait_exponential(2, 10)",
        "wait_random_exponential(multiplier=0.5, max=3)",
        "wait_exponential_jitter(initial=1, max=5, jitter=2)",
    ],
)
@pytest.mark.filterwarnings("ignore:.*initial.*:DeprecationWarning")
def test_the_longest_wait_is_tenacitys(strategy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Random waits are taken at their upper end."""
    monkeypatch.setattr("tenacity.wait.random.random", lambda: 1.0)
    monkeypatch.setattr("tenacity.wait.random.uniform", lambda _, high: high)
    wait = eval(strategy, dict(vars(tenacity)))  # noqa: S307 - the parameters above
    state = tenacity.RetryCallState(tenacity.Retrying(), None, (), {})
    expected = []
    for attempt in range(1, 5):
        state.attempt_number = attempt
        expected.append(wait(state))

    found = read(decorated(f"stop=stop_after_attempt(5), wait={strategy}"))

    assert found.wait == pytest.approx(sum(expected) / 4)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("stop=stop_after_attempt(3)", Retries(attempts=3, wait=0)),
        ("stop=stop_after_attempt(1), wait=wait_fixed(9)", Retries(attempts=1, wait=0)),
        ("stop=tenacity.stop_after_attempt(ATTEMPTS), wait=tenacity.wait_fixed(WAIT)", Retries(attempts=4, wait=2)),
        ("stop=stop_after_attempt(3), wait=wait_fixed(settings.wait)", Retries(attempts=3, wait=UNKNOWN)),
        ("stop=stop_after_attempt(3), wait=wait_fixed(wait=timedelta(1))", Retries(attempts=3, wait=UNKNOWN)),
        ("stop=stop_after_attempt(3), wait=chosen()", Retries(attempts=3, wait=UNKNOWN)),
        ("stop=stop_after_attempt(3), **options", Retries(attempts=3, wait=UNKNOWN)),
        ("stop=stop_after_attempt(settings.attempts)", Retries(attempts=UNKNOWN, wait=0)),
        ("stop=stop_after_attempt(1e999)", Retries(attempts=UNKNOWN, wait=0)),
        ("stop=stop_after_delay(20)", Retries(attempts=UNKNOWN, wait=0)),
        ("stop=stop_after_attempt(3) | stop_after_delay(20)", Retries(attempts=UNKNOWN, wait=0)),
        ("stop=stop_never", Retries(attempts=UNKNOWN, wait=0)),
        ("", Retries(attempts=UNKNOWN, wait=0)),
        ("wait=wait_fixed(3)", Retries(attempts=UNKNOWN, wait=3)),
        ("wait=wait_exponential(max=9)", Retries(attempts=UNKNOWN, wait=UNKNOWN)),
        ("**options", Retries(attempts=UNKNOWN, wait=UNKNOWN)),
    ],
)
def test_only_what_is_written_out_is_read_and_the_rest_is_unknown(arguments: str, expected: Retries) -> None:
    source = f"ATTEMPTS = 4\nWAIT: float = 2\n{decorated(arguments)}"

    assert read(source) == expected


def test_a_name_that_changes_is_no_number() -> None:
    assert read(f"N = 2\nN = 3\n{decorated('stop=stop_after_attempt(N)')}").attempts is UNKNOWN


@pytest.mark.parametrize(
    "source",
    [
        "from tenacity import retry\n@retry\ndef call(): ...",
        "from tenacity import retry as again\n@again\ndef call(): ...",
        "from tenacity import *\n@retry\nasync def call(): ...",
        "import tenacity\n@tenacity.retry\ndef call(): ...",
        "import tenacity as t\nfor attempt in t.Retrying():\n    ...",
    ],
)
def test_a_retry_without_a_stop_never_ends(source: str) -> None:
    assert read(source) == Retries(attempts=UNKNOWN, wait=0)


@pytest.mark.parametrize("use", ["@retry\ndef call(): ...", "queue.retry(message)", "retry(message)"])
def test_another_retry_beside_tenacity_is_not_its_own(use: str) -> None:
    assert read(f"from theirs import retry\nfrom tenacity import Retrying\n{use}") == Retries()


def test_what_cannot_be_read_may_take_longer_than_what_can() -> None:
    source = decorated("stop=stop_after_attempt(3), wait=wait_fixed(30)") + decorated("stop=stop_after_delay(9)")
    found = list(retries(ast.parse(source)))

    assert longest(found, allowed=60).attempts is UNKNOWN
    assert longest(found, allowed=59) == Retries(attempts=3, wait=30)


def test_what_takes_too_long_does_so_whatever_its_wait_is() -> None:
    source = decorated("stop=stop_after_attempt(3), wait=chosen()", "requests.post(url, timeout=4)")
    found = list(retries(ast.parse(source)))

    assert longest(found, allowed=12) == Retries(attempts=3, timeout=4, wait=UNKNOWN)
    assert longest(found, allowed=11) == Retries(attempts=3, timeout=4, wait=None)


@pytest.mark.parametrize(
    ("call", "seconds"),
    [
        ("requests.get(url, timeout=10)", 10),
        ("requests.Session().post(url, timeout=(3, 27))", 30),
        ("requests.get(url, timeout=None)", None),
        ("requests.get(url)", None),
        ("requests.get(url, timeout=settings.timeout)", None),
        ("thread.join(timeout=10)", None),
    ],
)
def test_a_clients_timeout_is_read(call: str, seconds: float | None) -> None:
    assert read(f"import requests\n{call}") == Retries(timeout=seconds)


def test_a_timeout_of_something_else_than_a_client_is_not() -> None:
    assert read("import queue\nq.get(timeout=5)") == Retries()


def test_the_timeout_of_the_retried_call_counts() -> None:
    source = decorated("stop=stop_after_attempt(3)", "requests.post(url, timeout=4)") + "requests.get(url, timeout=60)"

    assert read(source) == Retries(attempts=3, timeout=4, wait=0)


def test_a_retry_in_the_function_body_is_read_too() -> None:
    source = """
import httpx, tenacity
client = httpx.Client(timeout=5)
for attempt in tenacity.Retrying(stop=tenacity.stop_after_attempt(3), wait=tenacity.wait_fixed(1)):
    ...
"""
    assert read(source) == Retries(attempts=3, timeout=5, wait=1)


def test_of_several_retries_the_longest_counts() -> None:
    short = decorated("stop=stop_after_attempt(9)")
    long = decorated("stop=stop_after_attempt(3), wait=wait_fixed(30)")

    assert read(short + long) == Retries(attempts=3, wait=30)
    assert read(long + short) == Retries(attempts=3, wait=30)


def test_retries_of_another_library_are_not_read() -> None:
    assert read("from backoff import retry\n@retry(stop=stop_after_attempt(5))\ndef call(): ...") == Retries()
