import pytest

from constructs_lib.runtime.custom_resource.address import digest, fault, signed_at

NAME = "cloudformation-custom-resource-response"
LOCAL = frozenset({"localhost:4566", "127.0.0.1:80", "[::1]:4566", "recorder:443"})


@pytest.mark.parametrize(
    "host",
    [
        f"{NAME}-useast1.s3.amazonaws.com",
        f"{NAME}-euwest1.s3.eu-west-1.amazonaws.com",
        f"{NAME}-euwest1.s3-eu-west-1.amazonaws.com",
        f"{NAME}-euwest1.s3.dualstack.eu-west-1.amazonaws.com",
        f"{NAME}-usgovwest1.s3.us-gov-west-1.amazonaws.com",
        f"{NAME}-cnnorth1.s3.cn-north-1.amazonaws.com.cn",
        f"{NAME}-usisoeast1.s3.us-iso-east-1.c2s.ic.gov",
        f"{NAME}-usisobeast1.s3.us-isob-east-1.sc2s.sgov.gov",
        f"{NAME}-euisoewest1.s3.eu-isoe-west-1.cloud.adc-e.uk",
        f"{NAME}-usisofsouth1.s3.us-isof-south-1.csp.hci.ic.gov",
        f"{NAME}-euscdeeast1.s3.eusc-de-east-1.amazonaws.eu",
        f"{NAME}-EUWEST1.S3.EU-WEST-1.AMAZONAWS.COM",
        f"{NAME}-euwest1.s3.eu-west-1.amazonaws.com:443",
    ],
)
def test_cloudformation_s_own_addresses_are_accepted_in_each_partition(host: str) -> None:
    assert fault(f"https://{host}/arn%3Aaws%7CGroup?X-Amz-Signature=1", frozenset()) == ""


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/x",
        f"http://{NAME}-euwest1.s3.eu-west-1.amazonaws.com/x",
        f"https://{NAME}-euwest1.s3.eu-west-1.amazonaws.com:8443/x",
        f"https://{NAME}-euwest1.s3.eu-west-1.amazonaws.com.evil.example/x",
        f"https://{NAME}-euwest1.s3.eu-west-1.amazonaws.com./x",
        f"https://evil.example/{NAME}-euwest1.s3.eu-west-1.amazonaws.com",
        f"https://{NAME}-euwest1.s3.eu-west-1.amazonaws.com@evil.example/x",
        f"https://user:pass@{NAME}-euwest1.s3.eu-west-1.amazonaws.com/x",
        f"https://evil.example\\@{NAME}-euwest1.s3.eu-west-1.amazonaws.com/x",
        f"https://evil.example#@{NAME}-euwest1.s3.eu-west-1.amazonaws.com/x",
        f"https://evil.example?{NAME}-euwest1.s3.eu-west-1.amazonaws.com/x",
        f"https://x.{NAME}-euwest1.s3.eu-west-1.amazonaws.com/x",
        f"https://{NAME}-euwest1.evil.s3.eu-west-1.amazonaws.com/x",
        f"https://{NAME}-euwest1.ec2.amazonaws.com/x",
        f"https://{NAME}-euwest1.s3.eu-west-1.notamazonaws.com/x",
        f"https://{NAME}-.s3x.amazonaws.com/x",
        f"https://{NAME}.s3.amazonaws.com/x",
        "https://s3.amazonaws.com/cloudformation-custom-resource-response-euwest1/x",
        "https://169.254.169.254/latest/meta-data",
        f"https://{NAME}-euwest1.s3.eu-west-1.amazonaws.com\n.evil.example/x",
        f" https://{NAME}-euwest1.s3.eu-west-1.amazonaws.com/x",
        f"https://{NAME}-euwest1.s3.eu-west-1.amazonaws.com/a b",
        f"https://{NAME}-euwest1.s3.eu-west-1.amazonaws.com/\x00",
        f"https://{NAME}-euwest1.s3.eu-west-1.amazonaws。com/x",
        f"https://{NAME}-euwest1.s3.eu-west-1.amazonaws.com:https/x",
        "file:///etc/passwd",
        "ftp://localhost:4566/x",
        "//localhost:4566/x",
        "https://[::1/x",
        "https:///x",
        "x",
        "",
    ],
)
def test_no_answer_goes_anywhere_else(url: str) -> None:
    assert fault(url, frozenset())
    assert fault(url, LOCAL)


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:4566/_ministack/cfn-response/1",
        "https://localhost:4566/x",
        "http://LOCALHOST:4566/x",
        "http://127.0.0.1/x",
        "http://[::1]:4566/x",
        "https://recorder/x",
    ],
)
def test_a_local_host_is_accepted_where_it_is_named(url: str) -> None:
    assert fault(url, LOCAL) == ""
    assert fault(url, frozenset())


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/x",
        "http://localhost:45660/x",
        "http://user@localhost:4566/x",
        "http://localhost:4566@evil.example/x",
        "http://evil.localhost:4566/x",
        "https://127.0.0.1/x",
        "http://recorder/x",
        "ftp://localhost:4566/x",
    ],
)
def test_a_local_host_is_accepted_with_its_port_only(url: str) -> None:
    assert fault(url, LOCAL)


def test_a_fault_never_quotes_the_signature() -> None:
    assert fault("https://evil.example/x?X-Amz-Signature=5ec2e7", frozenset()) == "its host is evil.example"


def test_the_digest_tells_one_signature_from_another() -> None:
    assert digest("https://x/?X-Amz-Signature=1") == digest("https://x/?X-Amz-Signature=1")
    assert digest("https://x/?X-Amz-Signature=1") != digest("https://x/?X-Amz-Signature=2")
    assert len(digest("https://x")) == 32


@pytest.mark.parametrize(
    ("query", "seconds"),
    [
        ("X-Amz-Date=20261121T120000Z", 1_795_262_400),
        ("a=b&x-amz-date=19700101T000001Z&c", 1),
        ("X-Amz-Date=20240229T235959Z", 1_709_251_199),
        ("X-Amz-Date=20261341T120000Z", None),
        ("X-Amz-Date=yesterday", None),
        ("X-Amz-Date=", None),
        ("AWSAccessKeyId=A&Expires=1795262400&Signature=b", None),
        ("", None),
    ],
)
def test_the_time_of_signing_is_read_where_it_is_told(query: str, seconds: int | None) -> None:
    assert signed_at(f"https://x/y?{query}") == seconds
