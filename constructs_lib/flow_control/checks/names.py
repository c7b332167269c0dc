"""What a reference refers to: a resource of the app by its name or its ARN, or something that is not in it."""

from collections.abc import Mapping, Sequence

from constructs_lib._unknown import UNKNOWN, Unknown
from constructs_lib.flow_control.checks.resources import External, Resource, Template
from constructs_lib.flow_control.checks.symbols import Attribute, Part, Symbol, Text, parts_of, split
from constructs_lib.flow_control.checks.values import Values, may_be_one

#: The types whose name, or ARN, others refer to them by: the property that names it, and the service in its ARN.
_NAMED = {
    "AWS::SQS::Queue": ("QueueName", "sqs"),
    "AWS::Lambda::Function": ("FunctionName", "lambda"),
    "AWS::SNS::Topic": ("TopicName", "sns"),
    "AWS::S3::Bucket": ("BucketName", "s3"),
    "AWS::Events::EventBus": ("Name", "events"),
    "AWS::IAM::Role": ("RoleName", "iam"),
}
#: arn:partition:service:region:account:resource
_SERVICE, _REGION, _ACCOUNT, _RESOURCE = 2, 3, 4, 5
#: What a custom resource's handler, or a nested stack, answers may be anything.
_OPAQUE = ("Custom::", "AWS::CloudFormation::", "AWS::SSM::Parameter")

Name = Part | Text


class Names:
    """Finds the resources of an app by what others call them."""

    def __init__(self, by_type: Mapping[str, Sequence[Resource]], values: Values) -> None:
        self._by_type = by_type
        self._values = values
        self._index: dict[tuple[str, str, Name], list[Resource]] | None = None

    def target(self, value: object, template: Template, types: Sequence[str]) -> Resource | External | Unknown | None:
        """What a resolved value refers to, seen from a template."""
        if value is None:
            return None
        if isinstance(value, Attribute):
            return UNKNOWN if value.resource.type.startswith(_OPAQUE) else value.resource
        return self._by_text(value, template, types) if isinstance(value, str | Text) else UNKNOWN

    def _by_text(self, value: str | Text, template: Template, types: Sequence[str]) -> Resource | External | Unknown:
        first = parts_of(value)[0]
        if isinstance(first, Attribute):  # "${Function.Arn}:live", "${Bucket.Arn}/*"
            within = split(value, ":")[0] == first or split(value, "/")[0] == first
            return first.resource if within else UNKNOWN
        pieces = split(value, ":")
        if pieces[0] == "arn" and len(pieces) > _RESOURCE:
            return self._by_arn(pieces, value, template)
        if isinstance(first, str) and first.startswith(("https:", "http:")):
            name, types = split(value, "/")[-1], ("AWS::SQS::Queue",)
        elif "function" in pieces[:-1]:  # 123456789012:function:orders
            name, types = pieces[pieces.index("function") + 1], ("AWS::Lambda::Function",)
        else:
            name = pieces[0]  # orders, orders:live
        return self._by_name(name, template, types or tuple(_NAMED)) or _external(value)

    def _by_arn(self, pieces: list[Name], value: str | Text, template: Template) -> Resource | External | Unknown:
        service, name = pieces[_SERVICE], pieces[_RESOURCE]
        types = [each for each, (_, its) in _NAMED.items() if its == service]
        if name in ("function", "layer") and len(pieces) > _RESOURCE + 1:
            types, name = (types if name == "function" else []), pieces[_RESOURCE + 1]
        else:
            name = split(name, "/")[-1 if service in ("iam", "events") else 0]
        places = pieces[_REGION : _ACCOUNT + 1]
        if isinstance(name, Attribute):
            return name.resource
        found = self._by_name(name, template, types, places)
        return found or _external(value)

    def _by_name(
        self, name: Name, template: Template, types: Sequence[str], places: Sequence[Name] = ("", "")
    ) -> Resource | Unknown | None:
        """The resource of that name: the template's own, else the stage's; UNKNOWN when there are more than one."""
        if isinstance(name, Attribute):
            return name.resource
        found = [
            each
            for type_ in types
            for each in self._named().get((template.stage, type_, name), ())
            if _may_be_at(each.template, places, template)
        ]
        own = [each for each in found if each.template is template]
        best = own or found
        if len(best) > 1:
            return UNKNOWN
        return best[0] if best else None

    def _named(self) -> dict[tuple[str, str, Name], list[Resource]]:
        if self._index is None:
            self._index = {}
            for type_, (prop, _) in _NAMED.items():
                for resource in self._by_type.get(type_, ()):
                    name = self._values.at(resource.body, ("Properties", prop), resource.template)
                    if isinstance(name, str | Symbol | Text) and UNKNOWN not in parts_of(name):
                        self._index.setdefault((resource.stage, type_, name), []).append(resource)
        return self._index


def _may_be_at(template: Template, places: Sequence[Name], seen_from: Template) -> bool:
    """Whether a template's resources may be in the region and the account of an ARN, or of whoever names them."""
    for place, its, own in zip(
        places, (template.region, template.account), (seen_from.region, seen_from.account), strict=True
    ):
        named = place if isinstance(place, str) and place not in ("", "*") else own
        if named is not None and its is not None and named != its:
            return False
    return may_be_one(template, template)


def _external(value: str | Text) -> External | Unknown:
    return UNKNOWN if UNKNOWN in parts_of(value) else External(str(value))
