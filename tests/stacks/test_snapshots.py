"""The templates of the example stacks, as they would be deployed. `make test ARGS=--snapshot-update` renews them."""

import re
from typing import Any

import pytest
from aws_cdk.assertions import Template
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from tests.helpers.templates import STACKS

_ASSET = re.compile(r"\b[0-9a-f]{64}\b")
#: CDK hashes the API's whole model into its deployment's id, in a way that may change with its version.
_DEPLOYMENT = re.compile(r"(Deployment[0-9A-F]{8})[0-9a-f]{32}\b")


def stable(value: Any) -> Any:  # noqa: ANN401 - JSON
    """The template without what changes though the stacks do not: hashes of assets and of API deployments."""
    if isinstance(value, dict):
        return {stable(key): stable(each) for key, each in value.items()}
    if isinstance(value, list):
        return [stable(each) for each in value]
    if isinstance(value, str):
        return _DEPLOYMENT.sub(r"\1<hash>", _ASSET.sub("<asset>", value))
    return value


@pytest.mark.parametrize("name", STACKS)
def test_the_template_is_as_before(name: str, templates: dict[str, Template], snapshot: SnapshotAssertion) -> None:
    assert stable(templates[name].to_json()) == snapshot(extension_class=JSONSnapshotExtension)
