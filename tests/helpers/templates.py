"""Find one's way in a template by what resources are and refer to, not by their generated ids."""

import json
from typing import Any

from aws_cdk.assertions import Match, Template

Resource = dict[str, Any]

#: The example app's.
STACKS = (
    "SlowCourierStack",
    "OrderHubStack",
    "OrderHubWithoutFlowControlStack",
    "SpotVendorStack",
    "ElastigroupStack",
    "ElastigroupWithoutIdempotencyStack",
    "OrderCheckStack",
    "OrderCheckWithoutClaimStack",
)


def resources(template: Template, type_: str, **properties: object) -> dict[str, Resource]:
    """The resources of a type that have these properties, by logical id."""
    found = template.find_resources(type_, {"Properties": Match.object_like(properties)} if properties else None)
    return {logical_id: dict(resource) for logical_id, resource in found.items()}


def the(template: Template, type_: str, **properties: object) -> tuple[str, Resource]:
    """Logical id and properties of the one resource of a type that has these properties."""
    found = resources(template, type_, **properties)
    assert len(found) == 1, f"expected one {type_} with {properties}, found {sorted(found)}"
    [(logical_id, resource)] = found.items()
    return logical_id, resource.get("Properties", {})


def function_of(template: Template, service: str) -> tuple[str, Resource]:
    """Logical id and properties of the function with this Powertools service name."""
    variables = Match.object_like({"POWERTOOLS_SERVICE_NAME": service})
    return the(template, "AWS::Lambda::Function", Environment={"Variables": variables})


def functions(template: Template) -> dict[str, Resource]:
    """The properties of the functions in lambda_src, by logical id; not those of CDK's own functions."""
    found = {name: each["Properties"] for name, each in resources(template, "AWS::Lambda::Function").items()}
    return {name: each for name, each in found.items() if service_of(each)}


def service_of(function: Resource) -> str | None:
    """The function's Powertools service name."""
    name: str | None = function.get("Environment", {}).get("Variables", {}).get("POWERTOOLS_SERVICE_NAME")
    return name


def permissions_of(template: Template, function: Resource) -> list[Resource]:
    """The statements of all policies on a function's role."""
    role = function["Role"]["Fn::GetAtt"][0]
    return [
        statement
        for policy in resources(template, "AWS::IAM::Policy").values()
        if {"Ref": role} in policy["Properties"]["Roles"]
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]


def refers_to(value: object, logical_id: str) -> bool:
    """Whether a value holds a reference to a resource."""
    return f'"{logical_id}"' in json.dumps(value)


def routes(template: Template) -> dict[tuple[str, str], Resource]:
    """The methods of the one REST API, by verb and path."""
    found = resources(template, "AWS::ApiGateway::Resource")

    def path(resource_id: str) -> str:
        properties = found[resource_id]["Properties"]
        parent = properties["ParentId"].get("Ref")
        return f"{path(parent) if parent else ''}/{properties['PathPart']}"

    methods = (each["Properties"] for each in resources(template, "AWS::ApiGateway::Method").values())
    return {(each["HttpMethod"], path(each["ResourceId"]["Ref"])): each for each in methods}
