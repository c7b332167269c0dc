"""A short way to an app with a provider, and to what its templates say."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct, IConstruct

from constructs_lib.custom_resource import IdempotentProvider
from constructs_lib.runtime.custom_resource.contract import ENVIRONMENT, Settings
from tests.helpers.synth import Resource, function, properties

GROUP = "Custom::Elastigroup"


def provider(
    scope: Construct,
    id_: str = "Provider",
    *,
    handler: lambda_.IFunction | None = None,
    **props: Any,  # noqa: ANN401 - as the construct has
) -> IdempotentProvider:
    """A provider, with a function of its own where none is given."""
    return IdempotentProvider(scope, id_, handler=function(scope) if handler is None else handler, **props)


def with_resource(scope: Construct, **props: Any) -> IdempotentProvider:  # noqa: ANN401 - as the construct has
    """A provider, and one custom resource of it."""
    found = provider(scope, **props)
    found.custom_resource("Web", resource_type=GROUP, properties={"Name": "web"})
    return found


def child(found: IdempotentProvider, id_: str) -> IConstruct:
    return found.node.find_child(id_)


def settings(handler: lambda_.Function) -> Settings:
    """What the function reads at run time; references are shown as {logical id}."""
    return Settings.from_json(joined(properties(handler)["Environment"]["Variables"][ENVIRONMENT]))


def joined(value: object) -> str:
    """A resolved string as one, its references as {logical id}."""
    if isinstance(value, str):
        return value
    assert isinstance(value, dict), value
    if "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        return str(separator).join(map(joined, parts))
    (target,) = value.values()
    return f"{{{target if isinstance(target, str) else target[0]}}}"


def least_privileged(scope: Construct, id_: str = "Function", **props: Any) -> lambda_.Function:  # noqa: ANN401 - as Function has
    """A function with nothing that AwsSolutions would find: its own role and log group, the newest Python."""
    group = logs.LogGroup(scope, f"{id_}Logs")
    role = iam.Role(scope, f"{id_}Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    group.grant_write(role)
    runtime = lambda_.Runtime("python3.14", lambda_.RuntimeFamily.PYTHON, supports_inline_code=True)
    return function(scope, id_, runtime=runtime, role=role, log_group=group, **props)


def cycle_in(app: IConstruct) -> list[str]:
    """A cycle of resources in one of the app's templates, or of its stacks; empty when there is none."""
    assert isinstance(app, cdk.App)
    assembly = Path(app.synth().directory)
    for file in sorted(assembly.glob("*.template.json")):
        found = _cycle(_resource_graph(json.loads(file.read_text(encoding="utf-8"))))
        if found:
            return [f"{file.name}: {name}" for name in found]
    return _cycle(_stack_graph(assembly))


def _resource_graph(template: Resource) -> dict[str, set[str]]:
    resources: dict[str, Resource] = template.get("Resources", {})
    return {name: {to for to in _references(body) if to in resources} for name, body in resources.items()}


def _references(value: object) -> Iterator[str]:
    """What a resource, or a part of one, waits for."""
    if isinstance(value, list):
        for each in value:
            yield from _references(each)
    if not isinstance(value, dict):
        return
    for name, inner in value.items():
        if name in ("Ref", "DependsOn", "Fn::GetAtt", "Fn::Sub"):
            yield from _named(inner)
        yield from _references(inner)


def _named(target: object) -> Iterator[str]:
    for name in [target] if isinstance(target, str) else list(target) if isinstance(target, list) else []:
        if isinstance(name, str):
            yield name
            yield from re.findall(r"\$\{(\w+)", name)


def _stack_graph(assembly: Path) -> dict[str, set[str]]:
    """The order that the CLI keeps, and what each template imports of others."""
    graph: dict[str, set[str]] = {}
    exports: dict[str, str] = {}
    imports: dict[str, list[str]] = {}
    for name, artifact in json.loads((assembly / "manifest.json").read_text(encoding="utf-8"))["artifacts"].items():
        if artifact["type"] != "aws:cloudformation:stack":
            continue
        graph[name] = set(artifact.get("dependencies", []))
        template = json.loads((assembly / artifact["properties"]["templateFile"]).read_text(encoding="utf-8"))
        for output in template.get("Outputs", {}).values():
            if "Export" in output:
                exports[output["Export"]["Name"]] = name
        imports[name] = re.findall(r'"Fn::ImportValue": "([^"]+)"', json.dumps(template))
    for name, wanted in imports.items():
        graph[name] |= {exports[each] for each in wanted}
    return graph


def _cycle(graph: dict[str, set[str]]) -> list[str]:
    done: set[str] = set()

    def search(node: str, path: list[str]) -> list[str]:
        if node in path:
            return path[path.index(node) :]
        if node in done or node not in graph:
            return []
        found = next(filter(None, (search(to, [*path, node]) for to in sorted(graph[node]))), [])
        done.add(node)
        return found

    return next(filter(None, (search(node, []) for node in sorted(graph))), [])


def stacks_needed_by(stack: Stack) -> list[str]:
    return sorted(each.stack_name for each in stack.dependencies)
