"""How long a message waits before it is tried again. Pure: the random number is an argument."""

from math import ceil

from constructs_lib.runtime.flow_control.contract import BACKOFF_BASE

#: Seconds. SQS hides a message for at most 12 hours counted from its receive, and refuses a longer request outright:
#: less the 15 minutes that the function may already have taken, every request made from a function is granted.
LONGEST_DELAY = 12 * 3600 - 15 * 60

#: A Retry-After is stretched by up to this share, so that messages refused together do not all come back together.
_SPREAD = 0.1

#: 2**30 times the base is past every cap; a larger exponent would only risk an overflow.
_LARGEST_EXPONENT = 30


def backoff_limit(attempt: int, cap: float) -> int:
    """The longest backoff after the given attempt (the first is 1), in whole seconds: doubling, up to `cap`."""
    exponent = min(max(attempt, 1) - 1, _LARGEST_EXPONENT)
    return int(min(BACKOFF_BASE * 2**exponent, cap, LONGEST_DELAY))


def longest_backoff(cap: float) -> int:
    """The backoff that no attempt exceeds, in whole seconds."""
    return int(min(cap, LONGEST_DELAY))


def backoff_delay(attempt: int, cap: float, random: float) -> int:
    """Seconds to wait after the given attempt: full jitter, every whole second from 0 to the limit equally likely.

    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/

    Args:
        attempt: How often the message has been received, this time included.
        cap: Seconds that the wait never exceeds.
        random: Uniform in [0, 1).
    """
    return int(random * (backoff_limit(attempt, cap) + 1))


def asked_delay(after: float, random: float) -> int:
    """Seconds to wait when the downstream asked for `after`: never less (up to 11 h 45 min), up to a tenth more."""
    least = min(ceil(after), LONGEST_DELAY)
    return min(least + int(random * (least * _SPREAD + 1)), LONGEST_DELAY)
