"""Translates a SAM template as the deployment will, with code that is still on this machine."""

import copy
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

from constructs_lib.flow_control.checks.documents import NotRead, as_mapping

TRANSFORM = "AWS::Serverless-2016-10-31"
#: What names a local file until `sam package`, by type, and what the translator takes in its place.
_LOCAL = {
    "AWS::Serverless::Function": ("CodeUri", "s3://bucket/key"),
    "AWS::Serverless::LayerVersion": ("ContentUri", "s3://bucket/key"),
    "AWS::Serverless::Api": ("DefinitionUri", "s3://bucket/key"),
    "AWS::Serverless::HttpApi": ("DefinitionUri", "s3://bucket/key"),
    "AWS::Serverless::StateMachine": ("DefinitionUri", "s3://bucket/key"),
}
_FUNCTION, _LAYER = "AWS::Serverless::Function", "AWS::Serverless::LayerVersion"
#: What its types begin with.
PREFIX = "AWS::Serverless::"
_APPLICATION = "AWS::Serverless::Application"
#: Where an application is: in a file, or in the Serverless Application Repository.
LOCATION = "Location"
#: What CloudFormation expands before SAM sees it.
_EXPANDED = ("Fn::ForEach", "Fn::Transform")
#: What SAM puts in the place of references that only the deployment resolves; in an Fn::Sub it means the same.
_PSEUDO = {"AWS::Region": "${AWS::Region}", "AWS::Partition": "${AWS::Partition}"}

# It warns of features of its own; whoever wants to know configures logging.
logging.getLogger("samtranslator").addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """What a SAM template comes to.

    Attributes:
        body: The template of CloudFormation.
        code: Where the code of the functions and the layers is, by their logical ids, relative to the template.
    """

    body: dict[str, Any]
    code: dict[str, object]


def translate(template: Mapping[str, Any]) -> Translation:
    """Translate a SAM template.

    References to parameters stay what they are. Only where SAM itself must know one, such as the name of an alias, it
    is taken at its default, or by its own name.

    Raises:
        NotRead: The translator is not installed, or refuses the template.
    """
    try:
        import samtranslator  # noqa: F401, PLC0415 - an extra of the wheel
    except ImportError as error:
        msg = 'is a SAM template, which needs aws-sam-translator: pip install "constructs-lib[checks]"'
        raise NotRead(msg) from error
    packaged, code = _packaged(template)
    resources = as_mapping(packaged.get("Resources"))
    expanded = {name: resources.pop(name) for name, each in [*resources.items()] if _is_expanded(name, each)}
    body = _translated(packaged) if resources or not expanded else packaged
    _name_layers(body, code)
    as_mapping(body.get("Resources")).update(expanded)
    return Translation(body=body, code=code)


def _translated(template: dict[str, Any]) -> dict[str, Any]:
    from samtranslator.metrics.metrics import DummyMetricsPublisher, Metrics  # noqa: PLC0415 - as above
    from samtranslator.model.exceptions import InvalidDocumentException  # noqa: PLC0415 - as above
    from samtranslator.parser.parser import Parser  # noqa: PLC0415 - as above
    from samtranslator.translator.translator import Translator  # noqa: PLC0415 - as above

    # The region below chooses between partitions, no more.
    values = {
        name: name for name, each in as_mapping(template.get("Parameters")).items() if "Default" not in as_mapping(each)
    }
    values |= _PSEUDO
    session = cast("Any", SimpleNamespace(region_name="us-east-1"))
    metrics = Metrics("constructs-lib", DummyMetricsPublisher())
    translator = Translator({}, Parser(), boto_session=session, metrics=metrics)
    try:
        body = translator.translate(template, values, passthrough_metadata=True, get_managed_policy_map=dict)
    except InvalidDocumentException as error:
        words = "; ".join(str(cause.message) for cause in error.causes)
        msg = f"is refused by SAM: {words}"
        raise NotRead(msg) from error
    except Exception as error:
        # The translator trips over many a malformed template.
        msg = f"cannot be translated by aws-sam-translator ({type(error).__name__}: {error}): try `sam validate`"
        raise NotRead(msg) from error
    finally:
        metrics.publish()  # to nobody: it complains of what was not published
    return cast("dict[str, Any]", _restored(body))


def _restored(value: object) -> object:
    """The references that only the deployment resolves, put back; and no type of SAM's own."""
    if isinstance(value, dict):
        return {
            str(key): each if key == "Fn::Sub" and isinstance(each, str) else _restored(each)
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [_restored(each) for each in value]
    return next(({"Ref": name} for name, stand_in in _PSEUDO.items() if value == stand_in), value)


def _packaged(template: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, object]]:
    """The template as `sam package` would leave it, and where the functions' code was."""
    packaged = copy.deepcopy(dict(template))
    code: dict[str, object] = {}
    shared = as_mapping(as_mapping(packaged.get("Globals")).get("Function"))
    shared_code = shared.pop("CodeUri", None)
    resources = as_mapping(packaged.get("Resources"))
    for logical_id, resource in resources.items():
        kind = resource.get("Type") if isinstance(resource, dict) else None
        if not isinstance(kind, str) or not isinstance(resource.get("Properties", {}), dict):
            continue
        if kind == _APPLICATION:
            _replace_application(resource)
        if kind not in _LOCAL:
            continue
        properties = resource.setdefault("Properties", {})
        name, stand_in = _LOCAL[kind]
        if kind == _FUNCTION:
            _package_function(properties, shared, code_uri=shared_code, logical_id=logical_id, code=code)
        elif kind == _LAYER and isinstance(properties.get(name), str):
            _package_layer(resource, logical_id, code)
        elif isinstance(properties.get(name), str):
            properties[name] = stand_in
        elif "Fn::Transform" in as_mapping(properties.get("DefinitionBody")):
            del properties["DefinitionBody"]  # CloudFormation includes the file before SAM sees it
    return packaged, code


def _package_function(
    properties: dict[str, Any], shared: dict[str, Any], *, code_uri: object, logical_id: str, code: dict[str, object]
) -> None:
    if properties.get("PackageType", shared.get("PackageType")) == "Image":
        properties["ImageUri"] = "123456789012.dkr.ecr.us-east-1.amazonaws.com/image:tag"
    elif "InlineCode" not in properties:
        code[logical_id] = properties.get("CodeUri", code_uri)
        properties["CodeUri"] = _LOCAL[_FUNCTION][1]


def _is_expanded(name: str, resource: object) -> bool:
    """Whether it is other than it is written when SAM sees it."""
    if name.startswith(_EXPANDED):
        return True
    is_of_sam = str(as_mapping(resource).get("Type")).startswith(PREFIX)
    return is_of_sam and ("Fn::Transform" in as_mapping(as_mapping(resource).get("Properties")) or _has_loop(resource))


def _has_loop(value: object) -> bool:
    if isinstance(value, dict):
        return any(str(key).startswith("Fn::ForEach") or _has_loop(each) for key, each in value.items())
    return isinstance(value, list) and any(map(_has_loop, value))


def _package_layer(resource: dict[str, Any], logical_id: str, code: dict[str, object]) -> None:
    name, stand_in = _LOCAL[_LAYER]
    properties = resource["Properties"]
    if "BuildMethod" not in as_mapping(resource.get("Metadata")):  # what is built has other files than its source
        code[logical_id] = properties[name]
    properties[name] = f"{stand_in}/{logical_id}"


def _name_layers(body: Mapping[str, Any], code: dict[str, object]) -> None:
    """SAM gives each version of a layer a logical id of its own."""
    for logical_id, resource in as_mapping(body.get("Resources")).items():
        content = as_mapping(as_mapping(as_mapping(resource).get("Properties")).get("Content"))
        name = str(content.get("S3Key")).removeprefix("key/")
        if name in code and content.get("S3Bucket") == "bucket":
            code[logical_id] = code[name]


def _replace_application(resource: dict[str, Any]) -> None:
    """The translator would ask AWS for an application of the repository: what it makes of one is a stack."""
    if "ApplicationId" in as_mapping(as_mapping(resource.get("Properties")).get(LOCATION)):
        resource["Type"] = "AWS::CloudFormation::Stack"
