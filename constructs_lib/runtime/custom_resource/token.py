"""The token of a request: one name for what a request makes, the same in each delivery and after each crash."""

from base64 import b32decode, b32encode
from hashlib import sha256

from constructs_lib.runtime.custom_resource.request import Request

#: What AWS takes in a tag's value besides letters and digits; other vendors take no less.
_TAG_PUNCTUATION = " +-=._:/@"
_LONGEST_TAG = 256

#: The keys of `tags`.
TOKEN_TAG = "constructs-lib:token"  # noqa: S105 - a name
STACK_TAG = "constructs-lib:stack"
LOGICAL_ID_TAG = "constructs-lib:logical-id"


def derive(stack_id: str, logical_id: str, request_id: str, generation: int = 0) -> str:
    """52 lower-case letters and digits: the form that vendors' idempotency tokens have in common.

    Args:
        stack_id: The stack's ARN.
        logical_id: The resource's name in the template.
        request_id: CloudFormation's id of the request.
        generation: Counts the resources that were made for the request and surely removed: a vendor may answer a used
            token with what is gone.
    """
    named = f"{stack_id}|{logical_id}|{request_id}|{generation}"
    return b32encode(sha256(named.encode(errors="surrogatepass")).digest()).decode().rstrip("=").lower()


def removal(stack_id: str, logical_id: str, request_id: str, token: str) -> str:
    """The token of a request to remove the resource of a token: another, or a vendor would take the two for one."""
    return derive(stack_id, logical_id, f"{request_id}|delete|{token}")


def as_uuid(token: str) -> str:
    """The token for a vendor who wants a UUID: one of version 5, made of its first 122 bits."""
    number = int.from_bytes(b32decode(f"{token.upper()}====")[:16])
    number = number & ~(0xF << 76) | 0x5 << 76
    number = number & ~(0b11 << 62) | 0b10 << 62
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def tags(request: Request, token: str) -> dict[str, str]:
    """Tags for the resource: by the first it is found again, the others are for people.

    constructs-lib:token       the token
    constructs-lib:stack       the stack's ARN
    constructs-lib:logical-id  the resource's name in the template
    """
    named = {TOKEN_TAG: token, STACK_TAG: request.stack_id, LOGICAL_ID_TAG: request.logical_id}
    return {key: _tag_value(value) for key, value in named.items()}


def _tag_value(text: str) -> str:
    allowed = (one if (one.isascii() and one.isalnum()) or one in _TAG_PUNCTUATION else "_" for one in text)
    return "".join(allowed)[:_LONGEST_TAG]
