"""Print the template of Solutions Constructs' SqsToLambda as JSON; bench_template runs it in another environment."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Template
from aws_solutions_constructs.aws_sqs_lambda import SqsToLambda

with TemporaryDirectory() as code:
    (Path(code) / "index.py").write_text("def handler(event, context):\n    pass\n")
    stack = cdk.Stack(cdk.App(), "Stack")
    SqsToLambda(
        stack,
        "Flow",
        lambda_function_props=lambda_.FunctionProps(
            runtime=lambda_.Runtime("python3.13", lambda_.RuntimeFamily.PYTHON),
            handler="index.handler",
            code=lambda_.Code.from_asset(code),
        ),
    )
    print(json.dumps(Template.from_stack(stack).to_json()))
