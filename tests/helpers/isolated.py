"""What Lambda sees: the library's own folder and the standard library, nothing else."""

import subprocess
import sys
from pathlib import Path

import constructs_lib

_ROOT = Path(constructs_lib.__file__).parents[1]

_BLOCK = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"boto3", "botocore", "aws_cdk", "constructs", "jsii", "aws_lambda_powertools"}:
            raise AssertionError(f"{name} was imported")

sys.meta_path.insert(0, Blocked())
sys.path.insert(0, sys.argv[1])
"""


def run_isolated(script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a script without site packages, and with nothing in its environment but this."""
    command = [sys.executable, "-I", "-S", "-c", _BLOCK + script, str(_ROOT)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
