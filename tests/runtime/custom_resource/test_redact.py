import json
from collections.abc import Callable
from itertools import zip_longest
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructs_lib.runtime.custom_resource.redact import redact, without_addresses

SIGNED = (
    "https://cloudformation-custom-resource-response-euwest1.s3.eu-west-1.amazonaws.com/arn%3Aaws%7CGroup%7Cr-1"
    "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20261121T120000Z&X-Amz-Credential=AKIA&X-Amz-Signature=abcdef"
)


def test_a_secret_is_taken_out_wherever_it_stands() -> None:
    assert redact("key=hunter2, again hunter2.", ["hunter2"]) == "key=***, again ***."


def test_the_longest_secret_goes_first() -> None:
    # Shortest first would leave "-prod" standing.
    assert redact("is hunter2-prod", ["hunter2", "hunter2-prod"]) == "is ***"


def test_a_short_value_stays() -> None:
    assert redact("a 1 and a true", ["1", "", "a", "yes"]) == "a 1 and a true"


@pytest.mark.parametrize(
    "spell",
    [
        str,
        json.dumps,
        lambda one: json.dumps(one, ensure_ascii=False),
        repr,
        lambda one: quote(one, safe=""),
        quote_plus,
        lambda one: f"KeyError: {one!r}",
    ],
)
@pytest.mark.parametrize("secret", ['pass"word\\1', "line one\nline two", "clé d'accès", "a/b+c=="])
def test_a_secret_is_found_as_messages_quote_it(secret: str, spell: Callable[[str], str]) -> None:
    text = redact(f"failed with {spell(secret)}", [secret])

    assert not any(part in text for part in ("word", "two", "acc", "b+c", "b%2B"))


_SECRETS = st.text(st.characters(exclude_characters="*", exclude_categories=["Cs"]), min_size=4)


@given(st.lists(st.text()), st.lists(_SECRETS))
def test_no_secret_is_left(texts: list[str], secrets: list[str]) -> None:
    text = "".join(one for pair in zip_longest(texts, secrets, fillvalue="") for one in pair)

    left = redact(text, secrets)

    assert [secret for secret in secrets if secret in left] == []


@pytest.mark.parametrize(
    "text",
    [
        f"could not PUT {SIGNED}: timed out",
        f"<Error><Resource>{SIGNED}</Resource></Error>",
        f"retries exceeded with url: {SIGNED.partition('.com')[2]} (Caused by x)",
        f"cut in {SIGNED[-40:]}",
        "https://b.s3.amazonaws.com/key?AWSAccessKeyId=AKIA&Expires=1795280400&Signature=abcdef%3D",
        "https://cdn/x?Expires=1&Signature=abcdef&Key-Pair-Id=AKIA",
        "https://x.blob.core.windows.net/c/b?sv=2024&sig=abcdef",
    ],
)
def test_no_signature_is_left(text: str) -> None:
    assert not any(part in redact(text) for part in ("abcdef", "AKIA"))


def test_the_rest_of_the_message_stays() -> None:
    assert redact(f"could not PUT {SIGNED}: timed out").endswith("Group%7Cr-1?*** timed out")
    assert redact("see https://vendor.example/docs?topic=limits") == "see https://vendor.example/docs?topic=limits"


def test_no_address_is_left_where_none_may_be() -> None:
    assert without_addresses(f"could not PUT {SIGNED} in time") == "could not PUT (a URL) in time"


def test_a_long_text_takes_no_long_time() -> None:
    # A pattern that starts over at each question mark would never end here.
    assert redact("?" * 200_000) == "?" * 200_000
    assert redact("?sig" * 50_000) == "?sig" * 50_000
