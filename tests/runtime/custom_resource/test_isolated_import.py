"""What Lambda sees: the library's own folder and the standard library, nothing else."""

import pytest

from tests.helpers.isolated import run_isolated

WHOLE_RUN = """
from constructs_lib.runtime.custom_resource import ResourceHandler

class Group(ResourceHandler):
    def create(self, ctx, properties):
        ctx.created("group-1")
        return "group-1", {"Token": ctx.token, "Uuid": ctx.uuid}
    def update(self, ctx, physical_id, properties, old_properties): pass
    def delete(self, ctx, physical_id, properties): pass

handler = Group.as_handler()
from constructs_lib.runtime.custom_resource import entry
slow = {"dataclasses", "inspect", "dis", "uuid", "random", "email", "datetime", "asyncio", "http", "socket", "decimal"}
slow |= {"urllib.request", "constructs_lib.runtime.custom_resource.testing"}
print(sorted(slow & set(sys.modules)))

from constructs_lib.runtime.custom_resource.testing import ResourceRunner
runner = ResourceRunner(handler)
print(runner.create({"Name": "web"}).status, runner.delete().status)
"""


def test_it_imports_and_serves_with_nothing_installed_and_what_is_slow_waits_until_it_is_needed() -> None:
    run = run_isolated(WHOLE_RUN)

    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines() == ["[]", "SUCCESS SUCCESS"]


@pytest.mark.parametrize("module", ["boto3", "aws_cdk"])
def test_the_block_of_the_test_above_blocks(module: str) -> None:
    script = WHOLE_RUN.replace("from constructs_lib", f"import {module}\nfrom constructs_lib", 1)

    run = run_isolated(script)

    assert f"{module} was imported" in run.stderr


def test_the_package_exports_what_it_says() -> None:
    import constructs_lib.runtime.custom_resource as package  # noqa: PLC0415 - the namespace itself is under test

    assert sorted(package.__all__) == ["Context", "Failed", "InProgress", "NotFound", "ResourceHandler"]
    assert all(hasattr(package, name) for name in package.__all__)
