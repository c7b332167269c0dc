"""Which aws-cdk-lib the constructs need.

The wheel's metadata has the same range, but pip only warns when somebody installs another version afterwards, and what
fails then is a name that nobody outside this library has heard of.
"""

import re
from importlib import metadata

OLDEST = (2, 125, 0)
BELOW = (3, 0, 0)


def check_version(installed: str | None = None) -> None:
    """Refuse an aws-cdk-lib that the constructs do not work with.

    Args:
        installed: Default: the installed version. A version that is not three numbers, a build from source, passes.

    Raises:
        RuntimeError: It is too old, or a later major version.
    """
    version = installed or metadata.version("aws-cdk-lib")
    numbers = re.match(r"(\d+)\.(\d+)\.(\d+)", version)
    if not numbers or OLDEST <= tuple(int(number) for number in numbers.groups()) < BELOW:
        return
    oldest, below = (".".join(map(str, bound)) for bound in (OLDEST, BELOW))
    msg = (
        f"aws-cdk-lib {version} is installed, constructs-lib needs {oldest} or newer, below {below}: "
        f'pip install "aws-cdk-lib>={oldest},<{BELOW[0]}"'
    )
    raise RuntimeError(msg)
