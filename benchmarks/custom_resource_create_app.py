"""The app that bench_custom_resource_create deploys: the same small resource, behind both providers."""

import os
import urllib.parse
from pathlib import Path
from tempfile import TemporaryDirectory

import aws_cdk as cdk
from aws_cdk import Duration, custom_resources
from aws_cdk import aws_lambda as lambda_

from constructs_lib import IdempotentProvider
from constructs_lib.runtime.custom_resource.contract import RESPONSE_HOSTS
from stacks._functions import RUNTIME

#: What the author's code does: nothing, or a call of AWS with boto3, as most custom resources do.
WORK = {
    "idle": "def work():\n    pass\n",
    "calls": """
import boto3

client = boto3.client("ssm")


def work():
    client.put_parameter(Name="thing", Value="1", Type="String", Overwrite=True)
""",
}
PLAIN = """
def handler(event, context):
    print(event["RequestType"])
    work()
    return {"PhysicalResourceId": "thing", "Data": {"Size": "1"}}
"""
OURS = """
from constructs_lib.runtime.custom_resource import ResourceHandler


class Thing(ResourceHandler):
    def create(self, ctx, properties):
        print("Create")
        work()
        return "thing", {"Size": "1"}

    def update(self, ctx, physical_id, properties, old_properties):
        print("Update")

    def delete(self, ctx, physical_id, properties):
        print("Delete")
        work()


handler = Thing.as_handler()
"""


def function(stack: cdk.Stack, id: str, folder: str, source: str) -> lambda_.Function:
    """A function with this code."""
    code = Path(folder) / id
    code.mkdir()
    (code / "index.py").write_text(source, encoding="utf-8")
    return lambda_.Function(
        stack,
        id,
        runtime=RUNTIME,
        handler="index.handler",
        code=lambda_.Code.from_asset(str(code)),
        timeout=Duration.seconds(20),
    )


def main() -> None:
    """Synthesise for the emulator at AWS_ENDPOINT_URL."""
    app = cdk.App()
    stack = cdk.Stack(app, "Providers")
    port = urllib.parse.urlsplit(os.environ["AWS_ENDPOINT_URL"]).port
    for kind, work in WORK.items():
        with TemporaryDirectory() as folder:
            plain = function(stack, f"plain-{kind}", folder, work + PLAIN)
            ours = function(stack, f"ours-{kind}", folder, work + OURS)
        ours.add_environment(RESPONSE_HOSTS, f"localhost:{port}")
        peer = custom_resources.Provider(stack, f"peer-{kind}", on_event_handler=plain)
        own = IdempotentProvider(stack, f"own-{kind}", handler=ours)
        cdk.CfnOutput(stack, f"peer{kind}", value=peer.service_token)
        cdk.CfnOutput(stack, f"plain{kind}", value=plain.function_name)
        cdk.CfnOutput(stack, f"own{kind}", value=own.service_token)
    app.synth()


if __name__ == "__main__":
    main()
