"""What an IdempotentProvider adds to a stack, beside CDK's own Provider, and how large the layer with its code is.

Counted is what comes on top of the author's functions, their roles and the custom resource; layer, alarms and log
groups apart. The zip files are made here, the same way each time: sorted, without dates, deflated at level 9.
"""

import argparse
import io
import json
import zipfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import custom_resources
from aws_cdk.assertions import Template

from constructs_lib import IdempotentProvider

_PACKAGE = Path(__file__).parents[1] / "constructs_lib"
_LAYER, _ALARM, _LOG_GROUP = "AWS::Lambda::LayerVersion", "AWS::CloudWatch::Alarm", "AWS::Logs::LogGroup"
_FUNCTION, _ROLE = "AWS::Lambda::Function", "AWS::IAM::Role"
_TYPE = "Custom::Group"


def main() -> None:
    """Print the tables, or JSON with --json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with TemporaryDirectory() as code:
        (Path(code) / "index.py").write_text("def handler(event, context):\n    pass\n")
        added = {
            "IdempotentProvider": _added(_ours(code, polls=False), functions=1),
            "IdempotentProvider, polls=True": _added(_ours(code, polls=True), functions=1),
            "CDK Provider": _added(_theirs(code, polls=False), functions=1),
            "CDK Provider with is_complete_handler": _added(_theirs(code, polls=True), functions=2),
        }
    zipped = {
        "layer with constructs_lib.runtime.custom_resource": _zipped(_layer_files("custom_resource")),
        "all of constructs_lib.runtime in one layer": _zipped(_layer_files()),
    }
    if arguments.json:
        print(json.dumps({"resources added": added, "bytes zipped": zipped}, indent=2))
        return
    for name, resources in added.items():
        kinds = ", ".join(f"{count} {kind.removeprefix('AWS::')}" for kind, count in sorted(resources.items()))
        print(f"{name:<50} +{sum(resources.values()):<3} {kinds}")
    for name, size in zipped.items():
        print(f"{name:<50} {size:,} bytes zipped")


def _ours(code: str, *, polls: bool) -> dict[str, Any]:
    stack = cdk.Stack(cdk.App(), "Stack")
    provider = IdempotentProvider(stack, "Provider", handler=_function(stack, "Function", code), polls=polls)
    provider.custom_resource("Group", resource_type=_TYPE)
    return _template(stack)


def _theirs(code: str, *, polls: bool) -> dict[str, Any]:
    stack = cdk.Stack(cdk.App(), "Stack")
    provider = custom_resources.Provider(
        stack,
        "Provider",
        on_event_handler=_function(stack, "OnEvent", code),
        is_complete_handler=_function(stack, "IsComplete", code) if polls else None,
    )
    cdk.CustomResource(stack, "Group", service_token=provider.service_token, resource_type=_TYPE)
    return _template(stack)


def _function(stack: cdk.Stack, id_: str, code: str) -> lambda_.Function:
    return lambda_.Function(
        stack,
        id_,
        runtime=lambda_.Runtime("python3.13", lambda_.RuntimeFamily.PYTHON),
        handler="index.handler",
        code=lambda_.Code.from_asset(code),
        timeout=cdk.Duration.seconds(30),
    )


def _template(stack: cdk.Stack) -> dict[str, Any]:
    return dict(Template.from_stack(stack).to_json())


def _added(template: dict[str, Any], *, functions: int) -> dict[str, int]:
    found = Counter(resource["Type"] for resource in template["Resources"].values())
    found -= Counter({_FUNCTION: functions, _ROLE: functions, _TYPE: 1})
    return {kind: count for kind, count in found.items() if kind not in (_LAYER, _ALARM, _LOG_GROUP)}


def _layer_files(slice_name: str = "") -> list[Path]:
    """What a layer holds: the modules of one slice, or of all, without the authors' test kits."""
    modules = (path for path in (_PACKAGE / "runtime" / slice_name).rglob("*.py") if "testing" not in path.parts)
    return sorted({_PACKAGE / "__init__.py", _PACKAGE / "runtime" / "__init__.py", *modules})


def _zipped(files: Iterable[Path]) -> int:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in files:
            entry = zipfile.ZipInfo(f"python/{file.relative_to(_PACKAGE.parent).as_posix()}")
            archive.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED, compresslevel=9)
    return buffer.tell()


if __name__ == "__main__":
    main()
