"""SAM's templates: translated as the deployment will, with the code still on this machine."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from constructs_lib._unknown import UNKNOWN
from constructs_lib.flow_control.checks import templates
from constructs_lib.flow_control.checks.app import App, Resource
from tests.helpers.written_templates import named, reasons, write

TEMPLATE = """\
AWSTemplateFormatVersion: 2010-09-09
Transform: AWS::Serverless-2016-10-31
Parameters:
  Max: {Type: Number, Default: 10}
  Stage: {Type: String, Default: dev}
Globals:
  Function: {Timeout: 29, CodeUri: src/}
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties: {VisibilityTimeout: 150, QueueName: !Sub "orders-${Stage}"}
  Consumer:
    Type: AWS::Serverless::Function
    Metadata: {constructs-lib: {acknowledge: {R3: because}}}
    Properties:
      Runtime: python3.12
      Handler: index.handler
      Policies: [AWSLambdaBasicExecutionRole, {SQSPollerPolicy: {QueueName: !GetAtt Queue.QueueName}}]
      AutoPublishAlias: live
      Events:
        Orders:
          Type: SQS
          Properties:
            Queue: !Sub "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:orders-${Stage}"
            BatchSize: 1
            ScalingConfig: {MaximumConcurrency: !Ref Max}
        Api: {Type: Api, Properties: {Path: /, Method: get}}
  Image:
    Type: AWS::Serverless::Function
    Metadata: {Dockerfile: Dockerfile}
    Properties: {PackageType: Image, Timeout: 5}
  Inline:
    Type: AWS::Serverless::Function
    Properties: {Runtime: python3.12, Handler: index.handler, InlineCode: "import os"}
  Own:
    Type: AWS::Serverless::Function
    Properties: {Runtime: python3.12, Handler: index.handler, CodeUri: own}
"""


def read(directory: Path, text: str = TEMPLATE) -> App:
    for folder in ("src", "own"):
        (directory / folder).mkdir(exist_ok=True)
    return templates.read([write(directory, text, "template.yaml")])


def test_a_function_and_its_events_are_seen_with_what_the_globals_say(tmp_path: Path) -> None:
    app = read(tmp_path)
    [mapping] = app.of_type("AWS::Lambda::EventSourceMapping")

    assert app.unread == []
    assert app.target(mapping, app.raw(mapping, "Properties", "EventSourceArn")) is named(app, "Queue")
    assert app.function_of(mapping, app.raw(mapping, "Properties", "FunctionName")) is named(app, "Consumer")
    assert app.number(mapping, "Properties", "BatchSize") == 1
    assert app.number(named(app, "Consumer"), "Properties", "Timeout") == 29
    assert app.number(named(app, "Image"), "Properties", "Timeout") == 5


def test_a_parameter_stays_unknown_though_it_has_a_default(tmp_path: Path) -> None:
    app = read(tmp_path)
    [mapping] = app.of_type("AWS::Lambda::EventSourceMapping")

    assert app.number(mapping, "Properties", "ScalingConfig", "MaximumConcurrency") is UNKNOWN


def test_the_code_is_where_the_template_says(tmp_path: Path) -> None:
    app = read(tmp_path)

    assert app.code_of(named(app, "Consumer")) == tmp_path / "src"
    assert app.code_of(named(app, "Own")) == tmp_path / "own"
    assert app.code_of(named(app, "Image")) is None
    assert app.inline_code_of(named(app, "Inline")) == "import os"


def test_what_the_author_acknowledges_is_kept(tmp_path: Path) -> None:
    assert named(read(tmp_path), "Consumer").metadata("acknowledge") == {"R3": "because"}


@pytest.mark.parametrize("parameter", ["{Type: String, Default: live}", "{Type: String}"])
def test_a_parameter_that_sam_itself_must_know_hides_no_other(tmp_path: Path, parameter: str) -> None:
    text = TEMPLATE.replace("AutoPublishAlias: live", "AutoPublishAlias: !Ref Name")

    app = read(tmp_path, text.replace("Parameters:", f"Parameters:\n  Name: {parameter}"))
    [mapping] = app.of_type("AWS::Lambda::EventSourceMapping")

    assert app.unread == []
    assert app.function_of(mapping, app.raw(mapping, "Properties", "FunctionName")) is named(app, "Consumer")
    assert app.number(mapping, "Properties", "ScalingConfig", "MaximumConcurrency") is UNKNOWN


def test_an_application_on_this_machine_is_read_too(tmp_path: Path) -> None:
    write(tmp_path, {"Resources": {"Inner": {"Type": "AWS::SQS::Queue"}}}, "inner.json")
    text = "Transform: AWS::Serverless-2016-10-31\nResources:\n  App:\n    Type: AWS::Serverless::Application\n"

    app = read(tmp_path, text + "    Properties: {Location: ./inner.json}\n")

    assert [each.logical_id for each in app.of_type("AWS::SQS::Queue")] == ["Inner"]


def test_a_template_in_json_is_translated_too(tmp_path: Path) -> None:
    function = {"Type": "AWS::Serverless::Function", "Properties": {"Runtime": "python3.12", "Handler": "a.b"}}
    body: dict[str, Any] = {"Transform": ["AWS::Serverless-2016-10-31"], "Resources": {"Function": function}}

    app = templates.read([write(tmp_path, body)])

    assert [each.logical_id for each in app.of_type("AWS::Lambda::Function")] == ["Function"]


HEAD = "Transform: AWS::Serverless-2016-10-31\n"
REST = """\
  Queue: {Type: AWS::SQS::Queue}
  Consumer:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: index.handler
      InlineCode: pass
      Events: {Orders: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn, BatchSize: 5}}}
"""
APPLICATION = """\
Resources:
  App:
    Type: AWS::Serverless::Application
    DependsOn: Queue
    Properties:
      Location: {ApplicationId: arn:aws:serverlessrepo:us-east-1:123456789012:applications/x, SemanticVersion: 1.0.0}
      Parameters: {Arn: !GetAtt Queue.Arn}
"""


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The services that somebody asks for a client of; nobody is given one."""
    asked: list[str] = []

    def refuse(_: object, service: str, *__: object, **___: object) -> None:
        asked.append(service)
        raise OSError(service)

    monkeypatch.setattr("botocore.session.Session.create_client", refuse)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    return asked


@pytest.mark.parametrize("version", ["1.0.0", "!Ref Version", "!FindInMap [A, B, C]"])
def test_an_application_of_the_repository_is_named_and_aws_is_not_asked(
    tmp_path: Path, clients: list[str], version: str
) -> None:
    parameters = "Parameters: {Version: {Type: String, Default: 1.0.0}}\nMappings: {A: {B: {C: 1.0.0}}}\n"
    application = APPLICATION.replace("SemanticVersion: 1.0.0", f"SemanticVersion: {version}")

    app = read(tmp_path, HEAD + parameters + application + REST)

    assert clients == []
    assert reasons(app) == [
        "App: is an application of the Serverless Application Repository: its resources are not seen"
    ]
    assert not app.unread[0].is_whole_file
    assert named(app, "App").type == "AWS::CloudFormation::Stack"
    [mapping] = app.of_type("AWS::Lambda::EventSourceMapping")
    assert app.number(mapping, "Properties", "BatchSize") == 5


EVERYTHING = """\
  Api: {Type: AWS::Serverless::Api, Properties: {StageName: prod, DefinitionUri: api.yaml}}
  Http: {Type: AWS::Serverless::HttpApi, Properties: {DefinitionUri: api.yaml}}
  Layer: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layer}}
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties: {DefinitionUri: machine.json, Policies: [AWSLambdaRole, {LambdaInvokePolicy: {FunctionName: !Ref F}}]}
  Table: {Type: AWS::Serverless::SimpleTable}
  F:
    Type: AWS::Serverless::Function
    Properties:
      PackageType: Image
      Policies: [AWSLambdaBasicExecutionRole, AWSXrayWriteOnlyAccess, NoSuchPolicy]
      AutoPublishAlias: live
      DeploymentPreference: {Type: Linear10PercentEvery1Minute}
      FunctionUrlConfig: {AuthType: NONE}
      Events:
        Daily: {Type: Schedule, Properties: {Schedule: rate(1 day)}}
        Changed: {Type: SNS, Properties: {Topic: !Ref Stored}}
    Connectors: {Write: {Properties: {Destination: {Id: Queue}, Permissions: [Write]}}}
    Metadata: {Dockerfile: Dockerfile, DockerContext: ., DockerTag: x}
"""


def test_nothing_else_of_sam_asks_aws_either(tmp_path: Path, clients: list[str]) -> None:
    stored = "Parameters: {Stored: {Type: AWS::SSM::Parameter::Value<String>, Default: /a}}\n"

    app = read(tmp_path, f"{HEAD}{stored}Resources:\n{REST}{EVERYTHING}")

    assert (clients, app.unread) == ([], [])
    assert app.of_type("AWS::CodeDeploy::DeploymentGroup", "AWS::StepFunctions::StateMachine")


LOOP = """\
  Fn::ForEach::Queues:
    - Name
    - [A, B]
    - "Queue${Name}": {Type: AWS::SQS::Queue}
"""


@pytest.mark.parametrize("rest", [REST, "", "  Other: {Type: AWS::SNS::Topic}\n"], ids=["sam", "alone", "plain"])
def test_a_loop_is_named_and_the_rest_is_translated(tmp_path: Path, rest: str) -> None:
    head = "Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]\n"

    app = read(tmp_path, f"{head}Resources:\n{LOOP}{rest}")

    assert reasons(app) == [
        "Fn::ForEach::Queues: is expanded by CloudFormation: the resources that it makes are not seen"
    ]
    assert not app.unread[0].is_whole_file
    assert len(app.of_type("AWS::Lambda::EventSourceMapping")) == (rest == REST)


@pytest.mark.parametrize("transform", ["Fn::ForEach::E: [N, [A], {}]", "Events: {Fn::ForEach::E: [N, [A], {}]}",
                                       "Fn::Transform: {Name: AWS::Include}"])  # fmt: skip
def test_a_function_that_is_expanded_before_sam_sees_it_is_named(tmp_path: Path, transform: str) -> None:
    other = f"  Other: {{Type: AWS::Serverless::Function, Properties: {{{transform}}}}}\n"

    app = read(tmp_path, f"{HEAD}Resources:\n{other}{REST}")

    assert reasons(app) == ["Other: is of type AWS::Serverless::Function: the resources that it makes are not seen"]
    assert [each.logical_id for each in app.of_type("AWS::Lambda::Function")] == ["Consumer"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("Properties: {ContentUri: layer}", "layer"),
        ("Properties: {ContentUri: s3://bucket/key}", None),
        ("Properties: {ContentUri: layer}, Metadata: {BuildMethod: python3.12}", None),
    ],
)
def test_the_files_of_a_layer_are_seen_unless_sam_builds_them(tmp_path: Path, body: str, expected: str | None) -> None:
    (tmp_path / "layer").mkdir()
    layer = f"  Layer: {{Type: AWS::Serverless::LayerVersion, {body}}}\n"
    text = f"{HEAD}Resources:\n{REST}      Layers: [!Ref Layer]\n{layer}"

    app = read(tmp_path, text)
    found = app.target(named(app, "Consumer"), app.raw(named(app, "Consumer"), "Properties", "Layers", 0))

    assert app.unread == []
    assert isinstance(found, Resource)
    assert app.code_of(found) == (None if expected is None else tmp_path / expected)


REFUSED = [
    ("Resources: {}", "is refused by SAM: "),
    ("Globals: 5\nResources: {A: {Type: AWS::SNS::Topic}}", "is refused by SAM: 'Globals' section is invalid"),
    ("Resources: {A: 5}", "All 'Resources' must be Objects"),
    ("Resources: {A: {Type: AWS::Serverless::Function}}", "is refused by SAM: Resource with id [A] is invalid"),
    ("Resources: {A: {Type: AWS::Serverless::Function, Properties: 5}}", "is refused by SAM: Resource with id [A]"),
    ("Resources: {A: {Type: AWS::Serverless::Function, Properties: {Events: 5}}}", "template.yaml: "),
    ("Parameters: 5\nResources: {A: {Type: AWS::Serverless::Function}}", "template.yaml: "),
]


@pytest.mark.parametrize(("text", "expected"), REFUSED)
def test_what_sam_refuses_is_said_in_its_words(tmp_path: Path, text: str, expected: str) -> None:
    app = read(tmp_path, HEAD + text)

    assert app.resources == []
    [reason] = reasons(app)
    assert expected in reason
    assert app.unread[0].is_whole_file


API = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Topic:
    Type: AWS::SNS::Topic
    Properties: {TopicName: !Sub ["orders-${Place}", {Place: !Ref AWS::Region}], DisplayName: !Ref AWS::Region}
  Api:
    Type: AWS::Serverless::Api
    Properties: {StageName: prod, DefinitionBody: {openapi: 3.0.1, paths: {}, info: {title: !Ref AWS::Region}}}
"""


def test_what_only_the_deployment_resolves_stays_a_reference(tmp_path: Path) -> None:
    app = read(tmp_path, API)

    assert app.unread == []
    assert app.raw(named(app, "Api"), "Properties", "Body", "info", "title") == {"Ref": "AWS::Region"}
    assert app.raw(named(app, "Topic"), "Properties", "DisplayName") == {"Ref": "AWS::Region"}
    assert app.value(named(app, "Topic"), "Properties", "TopicName") is UNKNOWN


def test_an_api_whose_definition_is_included_hides_nothing(tmp_path: Path) -> None:
    body = "DefinitionBody: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: api.yaml}}}"
    auth = "Auth: {DefaultAuthorizer: A, Authorizers: {A: {UserPoolArn: !GetAtt Pool.Arn}}}"
    text = API.replace("StageName: prod, DefinitionBody: {openapi: 3.0.1, paths: {}, info: {title: !Ref AWS::Region}}",
                       f"StageName: prod, {body}, {auth}")  # fmt: skip

    app = read(tmp_path, text)

    assert app.unread == []
    assert named(app, "Api").type == "AWS::ApiGateway::RestApi"


def test_code_may_be_all_that_the_functions_share(tmp_path: Path) -> None:
    app = read(tmp_path, TEMPLATE.replace("{Timeout: 29, CodeUri: src/}", "{CodeUri: src/}"))

    assert app.unread == []
    assert app.code_of(named(app, "Consumer")) == tmp_path / "src"


READ = (
    "import pathlib, sys; from constructs_lib.flow_control.checks import templates as t; t.read([pathlib.Path({!r})])"
)


def test_the_translator_says_nothing_of_its_own(tmp_path: Path) -> None:
    code = READ.format(str(write(tmp_path, API, "template.yaml")))

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert (done.stdout, done.stderr) == ("", "")


def test_a_translator_that_is_not_installed_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "samtranslator", None)

    assert reasons(read(tmp_path)) == [
        'template.yaml: is a SAM template, which needs aws-sam-translator: pip install "constructs-lib[checks]"'
    ]
