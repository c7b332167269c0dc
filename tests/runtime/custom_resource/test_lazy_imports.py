"""Each cold start pays for what is imported before there is an event."""

import subprocess
import sys
from pathlib import Path

import constructs_lib

ROOT = Path(constructs_lib.__file__).parents[1]

IMPORTS = """
import sys

sys.path.insert(0, sys.argv[1])
from constructs_lib.runtime._shared import change, run, store
from constructs_lib.runtime.custom_resource import log, outbound, request, response, token

slow = {"asyncio", "boto3", "botocore", "dataclasses", "datetime", "decimal", "email", "http", "inspect", "ipaddress",
        "random", "socket", "ssl", "tempfile", "urllib", "uuid"}
print(sorted(slow & set(sys.modules)))
"""


def test_nothing_slow_comes_along() -> None:
    # Without site packages, as in Lambda: what is imported at all is imported from the standard library.
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", IMPORTS, str(ROOT)], capture_output=True, text=True, check=False
    )

    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == "[]"
