"""Which arm of an experiment an order belongs to. Pure."""

from collections.abc import Mapping
from hashlib import sha256

from constructs_lib.runtime.delayed_check.contract import WHOLE, check_arms

#: How finely a unit is placed: weights are whole percents, and a percent is a hundred buckets.
BUCKETS = 10_000

_SEPARATOR = "\x1f"


def bucket(key: str, version: int, unit: str | int, arms: Mapping[str, int]) -> str:
    """The arm of a unit: the same in every process, on every machine, for ever.

    The unit's place is the first 64 bits of SHA-256 over key, version and unit, scaled to 10,000 buckets; the arms
    share the buckets in the order of their names. Another key or version places the units anew, independently.

    Args:
        key: The experiment's key.
        version: Its version.
        unit: What is placed, such as an order's id; a whole number counts as its text, as in a start.
        arms: Integer weights that add up to 100, by arm.

    Raises:
        ValueError: The weights are none, or the unit is neither text nor a whole number.
    """
    check_arms(arms)
    place, end = bucket_number(key, version, _text(unit)), 0
    for arm in sorted(arms):
        end += arms[arm] * BUCKETS // WHOLE
        if place < end:
            return arm
    raise AssertionError("the weights add up to 100, so that every bucket has an arm")


def bucket_number(key: str, version: int, unit: str) -> int:
    """The unit's bucket, from 0 to 9,999."""
    named = _SEPARATOR.join((key, str(version), unit))
    digest = sha256(named.encode(errors="surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") * BUCKETS >> 64


def _text(unit: object) -> str:
    if isinstance(unit, bool) or not isinstance(unit, str | int):
        msg = f"unit must be the id of what is placed, a text or a whole number, got {unit!r}"
        raise ValueError(msg)  # noqa: TRY004 - one kind of error for every bad argument
    return str(unit)
