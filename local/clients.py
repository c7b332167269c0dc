"""boto3 clients that can reach the emulator and nothing else, typed."""

import os
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Literal, overload

import boto3
import botocore.session
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient


class Clients(ABC):
    """Makes clients for an endpoint, whatever the user's own AWS settings and proxies are."""

    def __init__(self) -> None:
        core = botocore.session.Session(
            # The user's profile and files are not even looked at: a profile that does not exist would be an error.
            session_vars={
                "profile": (None, None, None, None),
                "config_file": (None, None, os.devnull, None),
                "credentials_file": (None, None, os.devnull, None),
            }
        )
        self._session = boto3.Session(
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 - not a secret
            region_name="us-east-1",
            botocore_session=core,
        )
        self._clients: dict[str, Any] = {}

    @property
    @abstractmethod
    def endpoint(self) -> str:
        """The address of every service."""

    @overload
    def client(self, service: Literal["apigateway"]) -> "APIGatewayClient": ...
    @overload
    def client(self, service: Literal["cloudformation"]) -> "CloudFormationClient": ...
    @overload
    def client(self, service: Literal["cloudwatch"]) -> "CloudWatchClient": ...
    @overload
    def client(self, service: Literal["dynamodb"]) -> "DynamoDBClient": ...
    @overload
    def client(self, service: Literal["events"]) -> "EventBridgeClient": ...
    @overload
    def client(self, service: Literal["iam"]) -> "IAMClient": ...
    @overload
    def client(self, service: Literal["lambda"]) -> "LambdaClient": ...
    @overload
    def client(self, service: Literal["logs"]) -> "CloudWatchLogsClient": ...
    @overload
    def client(self, service: Literal["s3"]) -> "S3Client": ...
    @overload
    def client(self, service: Literal["sns"]) -> "SNSClient": ...
    @overload
    def client(self, service: Literal["sqs"]) -> "SQSClient": ...
    @overload
    def client(self, service: Literal["stepfunctions"]) -> "SFNClient": ...
    @overload
    def client(self, service: Literal["dynamodbstreams", "scheduler", "secretsmanager", "ssm"]) -> Any: ...  # noqa: ANN401 - few calls, not worth their types
    def client(self, service: str) -> Any:
        """A client of a service of the emulator's; one a service, and safe to share between threads."""
        if service not in self._clients:
            self._clients[service] = self._session.client(  # type: ignore[call-overload]
                service,
                endpoint_url=self.endpoint,
                config=Config(
                    proxies={},  # an empty table is what keeps botocore from asking the environment for one
                    connect_timeout=5,
                    read_timeout=120,
                    retries={"total_max_attempts": 1},
                    max_pool_connections=50,
                ),
            )
        return self._clients[service]
