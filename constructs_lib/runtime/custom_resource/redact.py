"""What must be in no log and no Reason: secret values, and the query of a signed URL."""

import re
from collections.abc import Iterable, Iterator

#: What stands where something was taken out.
REMOVED = "***"

#: A shorter secret would tear holes into every text, and show by them where it was.
_SHORTEST_SECRET = 4

# X-Amz-Signature is found by its last word, in half a name too.
_SIGNED = r"(?:Signature|Credential|Security-Token|AWSAccessKeyId|Key-Pair-Id|sig)"
_IN_QUERY = r"[^\s\"'<>?]*"
_SIGNED_QUERY = re.compile(rf"\?{_IN_QUERY}\b{_SIGNED}=[^\s\"'<>]*", re.IGNORECASE)
# Half a query, as a message that was cut, or that tells the parameters one by one, would show it.
_SIGNED_PARAMETER = re.compile(rf"\b({_SIGNED})=[^\s\"'<>&]+", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://[^\s\"'<>]+", re.IGNORECASE)


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without the secrets, in any of their usual spellings, and without the query of any signed URL.

    Args:
        text: Such as an exception's message.
        secrets: Values; those of fewer than 4 characters stay.
    """
    spelled = {spelling for secret in secrets if len(secret) >= _SHORTEST_SECRET for spelling in _spellings(secret)}
    # The longest first: a secret may be a part of another.
    for secret in sorted(spelled, key=lambda one: (-len(one), one)):
        text = text.replace(secret, REMOVED)
    text = _SIGNED_QUERY.sub(f"?{REMOVED}", text)
    return _SIGNED_PARAMETER.sub(rf"\1={REMOVED}", text)


def without_addresses(text: str) -> str:
    """The text without any http or https URL."""
    return _ADDRESS.sub("(a URL)", redact(text))


def _spellings(secret: str) -> Iterator[str]:
    """The secret as it is, and as messages quote it: in JSON, in Python's repr, in a URL."""
    import json  # noqa: PLC0415 - not needed where there is no secret
    from urllib.parse import quote, quote_plus  # noqa: PLC0415 - likewise, and slow

    yield secret
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]
    yield quote(secret, safe="", errors="replace")
    yield quote_plus(secret, errors="replace")
