"""The value of what exists and cannot be seen before the deployment. Nothing of aws_cdk is needed to say so."""

from enum import Enum
from typing import Literal


class _Unknown(Enum):
    UNKNOWN = "unknown"


#: A value that exists, and cannot be seen at synth.
UNKNOWN: Literal[_Unknown.UNKNOWN] = _Unknown.UNKNOWN
Unknown = Literal[_Unknown.UNKNOWN]
