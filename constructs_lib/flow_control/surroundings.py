"""What of the rest of its app concerns a flow: who else consumes its queue, calls its function, or its downstream.

That takes a look at every construct of the app, so it is taken once a synthesis, when the app is complete.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from aws_cdk import CfnElement, Reference, Stack, Stage, Token, Tokenization
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct, IConstruct

from constructs_lib._actions import allow, as_list
from constructs_lib._unknown import UNKNOWN, Unknown
from constructs_lib.flow_control.downstream import Downstream
from constructs_lib.flow_control.flow_parts import Parts
from constructs_lib.flow_control.monitoring import FlowMetrics

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What concerns one flow.

    Attributes:
        consumers: The paths of all functions that are mapped to its queue.
        other_triggers: What else of this app invokes its consumer, by path; queues do not count.
        mapped_concurrency: The sum of MaximumConcurrency over all queues of its consumer; None when one has none.
        same_downstream: The paths of all flows in front of its downstream, and their rates.
    """

    consumers: Sequence[str]
    other_triggers: Sequence[str]
    mapped_concurrency: int | Unknown | None
    same_downstream: Mapping[str, float]


def alone(flow: FlowMetrics, parts: Parts) -> Surroundings:
    """What is known of a flow while its app is being made: itself."""
    return Surroundings(
        consumers=(parts.consumer.node.path,),
        other_triggers=(),
        mapped_concurrency=parts.sizing.max_concurrency,
        same_downstream={flow.node.path: parts.downstream.calls_per_second},
    )


def now(flow: FlowMetrics, parts: Parts) -> Surroundings:
    """What the app has at this moment."""
    return _look(Stage.of(flow)).of(parts)


def at_synthesis(flow: FlowMetrics, parts: Parts) -> Surroundings:
    """What the app has when it is synthesised: all flows are asked then, each once, and share a look at it."""
    stage, path = Stage.of(flow), flow.node.path
    known = _views.get(stage) if stage is not None else None
    if known is None or path in known.asked or path not in known.downstreams:
        known = _look(stage)
        if stage is not None:
            _views[stage] = known
    known.asked.add(path)
    return known.of(parts)


@dataclass(slots=True)
class _View:
    """A stage, by what matters to flows; functions and queues are paths of resources, or literal ARNs and names."""

    consumers: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    mappings: dict[str, list[lambda_.CfnEventSourceMapping]] = field(default_factory=lambda: defaultdict(list))
    triggers: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    downstreams: dict[str, Downstream] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)

    def of(self, parts: Parts) -> Surroundings:
        queues, functions = _names_of_queue(parts.queues.queue), _names_of_function(parts.consumer)
        before = {path: each for path, each in self.downstreams.items() if each.is_same_as(parts.downstream)}
        return Surroundings(
            consumers=_all(self.consumers, queues) or (parts.consumer.node.path,),
            other_triggers=tuple(dict.fromkeys(_all(self.triggers, functions))),
            mapped_concurrency=_total_concurrency(_all(self.mappings, functions)),
            same_downstream={path: each.calls_per_second for path, each in before.items()},
        )


#: The last look at each stage.
_views: WeakKeyDictionary[Stage, _View] = WeakKeyDictionary()


def _look(stage: Stage | None) -> _View:
    view = _View()
    nodes = [] if stage is None else stage.node.find_all()
    aliases = [node for node in nodes if isinstance(node, lambda_.CfnAlias)]
    for node in nodes:
        if isinstance(node, FlowMetrics):
            if Stage.of(node) is stage:
                view.downstreams[node.node.path] = node.downstream
        elif isinstance(node, lambda_.CfnEventSourceMapping):
            _add_mapping(view, node, aliases)
        elif isinstance(node, lambda_.CfnPermission):
            view.triggers[_function(node, node.function_name)].append(_path(node))
        elif isinstance(node, lambda_.CfnUrl):
            view.triggers[_function(node, node.target_function_arn)].append(_path(node))
        elif isinstance(node, (iam.Policy, iam.ManagedPolicy)):
            for name in _invoked(node):
                view.triggers[name].append(node.node.path)
    return view


def _add_mapping(view: _View, mapping: lambda_.CfnEventSourceMapping, aliases: Sequence[lambda_.CfnAlias]) -> None:
    alias = _taken_apart(mapping, aliases)
    function = _function(mapping, mapping.function_name) if alias is None else _function(alias, alias.function_name)
    if _is_sqs(mapping):
        source = mapping.event_source_arn
        view.consumers["" if source is None else _name(mapping, source)].append(function)
        view.mappings[function].append(mapping)
    else:
        view.triggers[function].append(_path(mapping))


def _is_sqs(mapping: lambda_.CfnEventSourceMapping) -> bool:
    # Streams name where to start, and brokers what to read; a queue has neither.
    return mapping.starting_position is None and mapping.queues is None and mapping.topics is None


def _total_concurrency(mappings: Iterable[lambda_.CfnEventSourceMapping]) -> int | Unknown | None:
    """The sum of MaximumConcurrency over queues' mappings; None when one has none."""
    limits = [_maximum(mapping) for mapping in mappings]
    known = [limit for limit in limits if limit is not None and limit is not UNKNOWN]
    if None in limits:
        return None
    return sum(known) if len(known) == len(limits) else UNKNOWN


def _maximum(mapping: lambda_.CfnEventSourceMapping) -> int | Unknown | None:
    limit = Stack.of(mapping).resolve(mapping.scaling_config)
    if not limit:
        return None
    maximum = limit["maximumConcurrency"]
    return int(maximum) if isinstance(maximum, (int, float)) else UNKNOWN


def _invoked(policy: iam.Policy | iam.ManagedPolicy) -> list[str]:
    """The functions that a policy lets somebody invoke, by name; not by a wildcard, which is meant for none of them."""
    document: dict[str, Any] = policy.document.to_json() or {}
    found = []
    for statement in document.get("Statement", []):
        actions = as_list(statement.get("Action"))
        if statement.get("Effect") == "Allow" and allow(actions, "lambda:InvokeFunction"):
            resources = [each for each in as_list(statement.get("Resource")) if isinstance(each, str) and each != "*"]
            found += [_function(policy, each.removesuffix(":*")) for each in resources]
    return list(dict.fromkeys(found))


def _names_of_queue(queue: sqs.IQueue) -> set[str]:
    return {_name(queue, queue.queue_arn), *_own_path(queue)}


def _names_of_function(function: lambda_.IFunction) -> set[str]:
    names = {_function(function, function.function_arn), _function(function, function.function_name)}
    resource = function.node.default_child
    if isinstance(resource, lambda_.CfnFunction):
        names.add(_path(resource))
    return names


def _own_path(construct: IConstruct) -> list[str]:
    resource = construct.node.default_child
    return [_path(resource)] if isinstance(resource, CfnElement) else []


def _function(construct: IConstruct, value: str) -> str:
    """The name of the function that is meant, whether by name, ARN, version or alias."""
    target = _target(value)
    while isinstance(target, (lambda_.CfnAlias, lambda_.CfnVersion)):
        value = target.function_name
        target = _target(value)
    if target is not None:
        return _path(target)
    if Token.is_unresolved(value) or not value.startswith("arn:"):
        return _text(construct, value)
    return ":".join(value.split(":")[:7])  # without a version or an alias


def _taken_apart(
    mapping: lambda_.CfnEventSourceMapping, aliases: Sequence[lambda_.CfnAlias]
) -> lambda_.CfnAlias | None:
    """The alias of which CDK makes the name of a mapping's function, out of a part of the alias's ARN."""
    name = mapping.function_name
    if not aliases or not Token.is_unresolved(name) or _target(name) is not None:
        return None
    stack = Stack.of(mapping)
    text = str(stack.resolve(name))
    near = (alias for alias in aliases if Stack.of(alias) is stack)
    return next((alias for alias in near if f"'{stack.resolve(alias.logical_id)}'" in text), None)


def _name(construct: IConstruct, value: str) -> str:
    """What tells a resource from others: the path of the one that is referred to, else the text itself."""
    target = _target(value)
    return _text(construct, value) if target is None else _path(target)


def _text(construct: IConstruct, value: str) -> str:
    return str(Stack.of(construct).resolve(value)) if Token.is_unresolved(value) else value


def _target(value: str) -> CfnElement | None:
    """The resource that a token refers to."""
    if not Token.is_unresolved(value):
        return None
    found = Tokenization.reverse_string(value)
    token = found.first_token
    if found.length != 1 or token is None or not Reference.is_reference(token):
        return None
    target = token.target  # type: ignore[attr-defined]  # it is a Reference
    return target if isinstance(target, CfnElement) else None


def _path(resource: Construct | IConstruct) -> str:
    """The path of a resource as its author knows it: the L2's."""
    return str(resource.node.path).removesuffix("/Resource").removesuffix("/Default")


def _all(found: Mapping[str, Sequence[_T]], names: set[str]) -> tuple[_T, ...]:
    return tuple(each for name in sorted(names) for each in found.get(name, ()))
