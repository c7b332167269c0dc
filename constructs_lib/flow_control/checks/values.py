"""What CloudFormation's intrinsic functions come to, as far as that can be seen before the deployment."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

from constructs_lib._unknown import UNKNOWN
from constructs_lib.flow_control.checks.raw import branches, intrinsic_of, raw_at
from constructs_lib.flow_control.checks.resources import Resource, Template
from constructs_lib.flow_control.checks.symbols import Attribute, Part, Symbol, Text, parts_of, split, text

#: CloudFormation asks Systems Manager or Secrets Manager for it at the deployment.
_DYNAMIC = "{{resolve:"
_STORED = "AWS::SSM::Parameter"
_VARIABLE = re.compile(r"\$\{([^${}]*)\}")


class Values:
    """Resolves what stands in the templates of one app.

    A resolved value is a literal, a `Symbol`, an `Attribute`, a `Text` of such parts, UNKNOWN, a list or a dict of
    these, or None where there is none. Whatever is malformed is UNKNOWN: the deployment would refuse it.
    """

    def __init__(self, templates: Sequence[Template]) -> None:
        self._templates = templates
        self._known: dict[tuple[object, ...], object] = {}
        self._exports: dict[tuple[str, object], list[tuple[Template, object]]] | None = None

    def at(self, raw: object, path: Sequence[str | int], template: Template) -> object:
        """Resolve what stands at a path below `raw`; None when nothing does."""
        return self.resolve(raw_at(raw, path), template)

    def resolve(self, raw: object, template: Template) -> object:
        """Resolve a value that stands in a template."""
        if isinstance(raw, str):
            return UNKNOWN if _DYNAMIC in raw else raw
        if isinstance(raw, list):
            return [each for each in (self.resolve(each, template) for each in raw) if each is not None]
        if not isinstance(raw, dict):
            return raw
        function = intrinsic_of(raw)
        if function is None:
            resolved = {key: self.resolve(value, template) for key, value in raw.items()}
            return {key: value for key, value in resolved.items() if value is not None}
        handler = _FUNCTIONS.get(function)
        return UNKNOWN if handler is None else handler(self, raw[function], template)

    def ref(self, name: object, template: Template) -> object:
        """Resolve a Ref to a parameter, a pseudo parameter or a resource."""
        if not isinstance(name, str):
            return UNKNOWN
        if name.startswith("AWS::"):
            return _pseudo(name, template)
        if name in template.section("Parameters"):
            return self._once(("parameter", template, name), lambda: self._parameter(name, template))
        resource = template.resources.get(name)
        return UNKNOWN if resource is None else Attribute(resource, "Ref")

    def attribute(self, argument: object, template: Template) -> object:
        """Resolve a GetAtt, written as a list or with dots."""
        if isinstance(argument, str):
            argument = argument.split(".", 1)
        match argument:
            case [str(logical_id), _, *_]:
                resource = template.resources.get(logical_id)
                name = text(self.resolve(each, template) for each in _dotted(argument[1:]))
            case _:
                return UNKNOWN
        if resource is None or not isinstance(name, str):
            return UNKNOWN
        if name.startswith("Outputs."):
            nested = template.nested.get(resource.logical_id)
            return UNKNOWN if nested is None else self.output(name.removeprefix("Outputs."), nested)
        if resource.type == _STORED and name == "Value":
            return self._stored(resource)
        return Attribute(resource, name)

    def output(self, name: str, template: Template) -> object:
        """Resolve an output of a template."""
        raw = template.section("Outputs").get(name)
        if not isinstance(raw, dict):
            return UNKNOWN
        return self._once(("output", template, name), lambda: self.resolve(raw.get("Value"), template))

    def _parameter(self, name: str, template: Template) -> object:
        parent = template.parent
        if parent is None:
            stored = self._stored_under(self.at(template.section("Parameters"), (name,), template), template)
            return Symbol(name, template) if stored is UNKNOWN else stored
        value = self.at(parent.body, ("Properties", "Parameters", name), parent.template)
        if value is None:  # nobody but the parent can pass one to a nested stack
            value = self.at(template.section("Parameters"), (name, "Default"), template)
        return UNKNOWN if value is None else value

    def _stored_under(self, parameter: object, template: Template) -> object:
        """What a parameter that Systems Manager looks up comes to, where the app itself stores it."""
        match parameter:
            case {"Type": str(kind), "Default": str(name)} if kind.startswith(f"{_STORED}::Value"):
                found = [
                    each
                    for other in self._templates
                    for each in other.resources.values()
                    if each.type == _STORED
                    and may_be_one(other, template)
                    and self.at(each.body, ("Properties", "Name"), other) == name
                ]
                return self._stored(found[0]) if len(found) == 1 else UNKNOWN
        return UNKNOWN

    def _stored(self, resource: Resource) -> object:
        value = ("Properties", "Value")
        return self._once((_STORED, resource), lambda: self.at(resource.body, value, resource.template))

    def _once(self, key: tuple[object, ...], resolve: Callable[[], object]) -> object:
        """Resolve each name once; one that is made of itself is UNKNOWN."""
        if key not in self._known:
            self._known[key] = UNKNOWN
            self._known[key] = resolve()
        return self._known[key]

    def if_(self, argument: object, template: Template) -> object:
        """Resolve an Fn::If: the branches' value, where they agree."""
        return _agreed(self.resolve(branch, template) for branch in branches(argument))

    def join(self, argument: object, template: Template) -> object:
        """Resolve an Fn::Join."""
        match argument:
            case [str(by), pieces]:
                resolved = self.resolve(pieces, template)
                if isinstance(resolved, list):
                    between = [each for piece in resolved for each in (by, piece)]
                    return text(between[1:])
        return UNKNOWN

    def sub(self, argument: object, template: Template) -> object:
        """Resolve an Fn::Sub, with or without variables of its own."""
        match argument:
            case [str(form), dict(variables)]:
                pass
            case str(form):
                variables = {}
            case _:
                return UNKNOWN
        pieces = _VARIABLE.split(form)  # literal, name, literal, name ..., literal
        return text(
            self._substituted(piece, variables, template) if index % 2 else self.resolve(piece, template)
            for index, piece in enumerate(pieces)
        )

    def _substituted(self, name: str, variables: dict[str, Any], template: Template) -> object:
        name = name.strip()
        if name.startswith("!"):
            return f"${{{name[1:]}}}"
        if name in variables:
            return self.resolve(variables[name], template)
        return self.attribute(name, template) if "." in name else self.ref(name, template)

    def select(self, argument: object, template: Template) -> object:
        """Resolve an Fn::Select from a list that is known."""
        match argument:
            case [index, choices]:
                at, found = self.resolve(index, template), self.resolve(choices, template)
                if isinstance(found, list) and str(at) in (known := [str(each) for each in range(len(found))]):
                    return found[known.index(str(at))]
        return UNKNOWN

    def split(self, argument: object, template: Template) -> object:
        """Resolve an Fn::Split of a text, of which not all need be known."""
        match argument:
            case [str(by), whole] if by:
                return split(text(map(_expanded, parts_of(self.resolve(whole, template)))), by)
        return UNKNOWN

    def find_in_map(self, argument: object, template: Template) -> object:
        """Resolve an Fn::FindInMap whose keys are known."""
        if not isinstance(argument, list) or len(argument) not in (3, 4):
            return UNKNOWN
        keys = [self.resolve(each, template) for each in argument[:3]]
        if not all(isinstance(key, str) for key in keys):
            return UNKNOWN
        found = self.at(template.section("Mappings"), cast("list[str]", keys), template)
        if found is None and len(argument) == 4:  # noqa: PLR2004 - the fourth is {"DefaultValue": ...}
            found = self.at(argument[3], ("DefaultValue",), template)
        return UNKNOWN if found is None else found

    def import_value(self, argument: object, template: Template) -> object:
        """Resolve an Fn::ImportValue of what another template here exports, in the same stage."""
        name = self.resolve(argument, template)
        found = [
            (exporter, raw) for exporter, raw in self._exported(template.stage, name) if may_be_one(exporter, template)
        ]
        if len(found) != 1:
            return UNKNOWN
        (exporter, raw), key = found[0], ("export", template.stage, name)
        return self._once((*key, found[0][0]), lambda: self.resolve(raw, exporter))

    def _exported(self, stage: str, name: object) -> list[tuple[Template, object]]:
        if not isinstance(name, str | Text | Symbol) or UNKNOWN in parts_of(name):
            return []
        if self._exports is None:
            self._exports = {}
            for template in self._templates:
                for output in template.section("Outputs").values():
                    exported = self.at(output, ("Export", "Name"), template)
                    if isinstance(exported, str | Text | Symbol):
                        key = (template.stage, exported)
                        self._exports.setdefault(key, []).append((template, output.get("Value")))
        return self._exports.get((stage, name), [])

    def stack_output(self, argument: object, template: Template) -> object:
        """Resolve an Fn::GetStackOutput of a stack of the same stage: CDK's weak references between stacks."""
        stack, name, region = (self.at(argument, (key,), template) for key in ("StackName", "OutputName", "Region"))
        if not isinstance(stack, str) or not isinstance(name, str):
            return UNKNOWN
        found = [
            each
            for each in self._templates
            if each.stage == template.stage
            and each.stack_name == stack
            and (each.region is None or each.region == (template.region if region is None else region))
        ]
        return self.output(name, found[0]) if len(found) == 1 else UNKNOWN


def may_be_one(one: Template, other: Template) -> bool:
    """Whether two templates may be deployed into one account and region, where names and exports are unique."""
    pairs = ((one.account, other.account), (one.region, other.region))
    return one.stage == other.stage and all(None in pair or pair[0] == pair[1] for pair in pairs)


def _agreed(values: Iterable[object]) -> object:
    first, *others = values
    return first if all(other == first for other in others) else UNKNOWN


def _dotted(names: Sequence[object]) -> list[object]:
    return [each for name in names for each in (".", name)][1:]


def _pseudo(name: str, template: Template) -> object:
    known = {"AWS::Region": template.region, "AWS::AccountId": template.account, "AWS::StackName": template.stack_name}
    if name == "AWS::NoValue":
        return None
    if known.get(name) is not None:
        return known[name]
    return Symbol(name, template if name.startswith("AWS::Stack") else template.stage)


#: The attributes that are a resource's ARN, and what stands in it before the name and after it: so it can be split.
_ARNS = {
    ("AWS::SQS::Queue", "Arn"): ("sqs", "", ""),
    ("AWS::SNS::Topic", "Ref"): ("sns", "", ""),
    ("AWS::SNS::Topic", "TopicArn"): ("sns", "", ""),
    ("AWS::Lambda::Function", "Arn"): ("lambda", "function:", ""),
    ("AWS::Lambda::Alias", "Ref"): ("lambda", "function:", ":?"),
    ("AWS::Lambda::Version", "Ref"): ("lambda", "function:", ":?"),
}


def _expanded(part: Part) -> object:
    """An ARN in its parts, of which the resource's name is one; UNKNOWN for another attribute."""
    if not isinstance(part, Attribute):
        return part
    shape = _ARNS.get((part.resource.type, part.name))
    if shape is None:
        return UNKNOWN
    (service, before, after), template = shape, part.resource.template
    partition, region, account = (_pseudo(f"AWS::{name}", template) for name in ("Partition", "Region", "AccountId"))
    name = Attribute(part.resource, "Name")
    return text(["arn:", partition, f":{service}:", region, ":", account, f":{before}", name, after])


_FUNCTIONS: dict[str, Callable[[Values, Any, Template], object]] = {
    "Ref": Values.ref,
    "Fn::GetAtt": Values.attribute,
    "Fn::If": Values.if_,
    "Fn::Join": Values.join,
    "Fn::Sub": Values.sub,
    "Fn::Select": Values.select,
    "Fn::Split": Values.split,
    "Fn::FindInMap": Values.find_in_map,
    "Fn::ImportValue": Values.import_value,
    "Fn::GetStackOutput": Values.stack_output,
}
