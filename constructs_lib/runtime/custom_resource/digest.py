"""What the record keeps of properties: enough to recognise them, and nothing to read."""

import json
from collections.abc import Collection, Mapping
from hashlib import sha256
from typing import Any

#: Characters, 64 bits: it tells apart the few that one resource ever has.
_LENGTH = 16


def digest(token: str, properties: Mapping[str, Any], names: Collection[str] | None = None) -> str:
    """Tells the properties of a resource from others; its token keeps anybody from guessing them.

    Args:
        token: The resource's.
        properties: CloudFormation's.
        names: The properties that count. Default: all.
    """
    chosen = properties if names is None else {name: properties.get(name) for name in names}
    return sha256(f"{token}|{json.dumps(chosen, sort_keys=True)}".encode(errors="surrogatepass")).hexdigest()[:_LENGTH]
