"""Apps of plain CloudFormation resources, written by hand and never in a file."""

from pathlib import Path
from typing import Any

from constructs_lib.flow_control.checks.app import App, Resource, Template
from constructs_lib.flow_control.checks.subjects import Subject, subjects
from constructs_lib.flow_control.facts import Facts

Body = dict[str, Any]


def of_type(type_: str, **properties: object) -> Body:
    """A resource of that type."""
    return {"Type": type_, "Properties": properties}


def queue(**properties: object) -> Body:
    """A queue."""
    return of_type("AWS::SQS::Queue", **properties)


def function(**properties: object) -> Body:
    """A function that answers `batchItemFailures`."""
    given = {"Runtime": "python3.13", "Handler": "index.handler", "Role": arn("Role"), "Code": ANSWERS, **properties}
    return of_type("AWS::Lambda::Function", **given)


def mapping(source: object = None, to: object = None, **properties: object) -> Body:
    """A mapping, from the queue "Orders" to the function "Consumer" unless said otherwise."""
    ends = {"EventSourceArn": source or arn("Orders"), "FunctionName": to or ref("Consumer")}
    return of_type("AWS::Lambda::EventSourceMapping", **ends, **properties)


def role(*statements: Body, **properties: object) -> Body:
    """A role with a policy of its own."""
    policies = [{"PolicyName": "Own", "PolicyDocument": {"Statement": list(statements)}}]
    return of_type("AWS::IAM::Role", Policies=policies, **properties)


def allow(action: object, resource: object) -> Body:
    """A statement that allows something."""
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def ref(logical_id: str) -> Body:
    """A Ref."""
    return {"Ref": logical_id}


def arn(logical_id: str) -> Body:
    """A resource's ARN."""
    return {"Fn::GetAtt": [logical_id, "Arn"]}


ANSWERS = {"ZipFile": "def handler(event, context): return {'batchItemFailures': []}"}
#: A parameter, whose value only whoever deploys knows.
UNSEEN = ref("Parameter")


def template(resources: dict[str, Body], *, stage: str = "", file: str = "shop.json") -> Template:
    """A template, with a parameter named "Parameter"."""
    body = {"Parameters": {"Parameter": {"Type": "String", "Default": "30"}}, "Resources": resources}
    made = Template(file=Path(file), stage=stage, body=body, directory=Path())
    for logical_id, each in resources.items():
        made.resources[logical_id] = Resource(
            template=made, logical_id=logical_id, type=each["Type"], body=each, path=logical_id
        )
    return made


def app(**resources: Body) -> App:
    """An app of one template."""
    return App([template(resources)])


def subject(kind: type[Facts], of: App, path: str) -> Subject:
    """The one subject of a kind that has this path."""
    [found] = [each for each in subjects(of) if isinstance(each.facts, kind) and each.resource.path == path]
    return found
