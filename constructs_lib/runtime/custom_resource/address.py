"""The ResponseURL: whether it is CloudFormation's, and what it says about itself."""

import re
from hashlib import sha256
from urllib.parse import SplitResult, urlsplit

# The bucket's name ends in the region without its hyphens; S3 writes the region with a dot, and long ago with a hyphen.
# Behind it come the domains of AWS's partitions.
_CLOUDFORMATION = re.compile(
    r"cloudformation-custom-resource-response-[a-z0-9-]+"
    r"\.s3([.-][a-z0-9-]+){0,2}"
    r"\.(amazonaws\.com|amazonaws\.com\.cn|amazonaws\.eu|c2s\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov)"
)
_SIGNED_AT = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z")
_PORTS = {"https": 443, "http": 80}


def fault(url: str, response_hosts: frozenset[str]) -> str:  # noqa: PLR0911 - a line for each fault
    """Why an answer must not go there; empty when it may.

    Args:
        url: A ResponseURL.
        response_hosts: host:port, in lower case, of those to accept besides CloudFormation's own.
    """
    if not url.isascii() or not url.isprintable() or " " in url:
        return "it has characters that no URL has"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "it is no URL"
    if parts.scheme not in _PORTS or not parts.hostname:
        return "it is not an https address"
    if "@" in parts.netloc:
        return "it holds a user's name"
    if _named(parts, port) in response_hosts:
        return ""
    if parts.scheme != "https":
        return "it is not an https address"
    if port not in (None, _PORTS["https"]):
        return f"its port is {port}"
    if not _CLOUDFORMATION.fullmatch(parts.hostname):
        return f"its host is {parts.hostname[:100]}"
    return ""


def digest(url: str) -> str:
    """What stands for the URL in the record."""
    return sha256(url.encode()).hexdigest()[:32]


def signed_at(url: str) -> int | None:
    """Epoch seconds at which the URL was signed; None where it does not say."""
    from datetime import UTC, datetime  # noqa: PLC0415 - slow

    for parameter in urlsplit(url).query.split("&"):
        name, _, value = parameter.partition("=")
        if name.lower() == "x-amz-date" and (read := _SIGNED_AT.fullmatch(value)):
            year, month, day, hour, minute, second = map(int, read.groups())
            try:
                return int(datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp())
            except ValueError:
                return None
    return None


def _named(parts: SplitResult, port: int | None) -> str:
    default = f":{_PORTS[parts.scheme]}" if port is None else ""
    return f"{parts.netloc.lower().rstrip(':')}{default}"
