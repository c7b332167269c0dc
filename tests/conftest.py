"""What every test finds: the project's tools on the PATH, no AWS account, and the same examples everywhere in CI.

Free of aws_cdk, so that `make test-runtime` needs no node.
"""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

# jsii starts node, the deploy starts cdk: `.venv/bin/pytest` works without an active environment.
os.environ["PATH"] = os.pathsep.join(
    [str(Path(sys.executable).parent), str(ROOT / "node_modules" / ".bin"), os.environ["PATH"]]
)

# Nothing of the developer's AWS or CDK settings gets in, and nothing gets out: a client that a test forgot to point
# somewhere finds a closed port.
for name in [name for name in os.environ if name.startswith(("AWS_", "CDK_"))]:
    if name != "AWS_CA_BUNDLE":
        del os.environ[name]
os.environ |= {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_REGION": "eu-west-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    # CloudFormation's validator costs a second per process; `make synth` is where it is on.
    "CDK_VALIDATION": "false",
    "CDK_DISABLE_CLI_TELEMETRY": "true",
    "CDK_DISABLE_VERSION_CHECK": "true",
}

# No deadline: the machine may be busy. In CI the same examples every time, so that a red run can be repeated.
settings.register_profile("house", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "house")

# Assertions outside of test modules explain themselves too.
pytest.register_assert_rewrite("tests.runtime.custom_resource.scenarios", "tests.runtime.delayed_check.scenarios")
