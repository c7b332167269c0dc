"""Where the emulator serves what API Gateway would serve under a name of its own."""

import re

_AWS_ADDRESS = re.compile(r"^https://(?P<api>[^./]+)\.execute-api\.[^/]+/(?P<stage>[^/]+)/?(?P<path>.*)$")


def local_address(address: str, *, endpoint: str) -> str:
    """The emulator's address of a REST API that API Gateway would serve at the given one.

    Raises:
        ValueError: The address is not that of a REST API.
    """
    match = _AWS_ADDRESS.match(address)
    if match is None:
        raise ValueError(f"https://<api>.execute-api.<region>.<domain>/<stage>/<path> is expected, got {address}")
    return f"{endpoint}/restapis/{match['api']}/{match['stage']}/_user_request_/{match['path']}"
