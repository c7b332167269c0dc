"""A provider's metrics and alarms."""

from typing import Unpack

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sns as sns
from constructs import Construct

from constructs_lib import _alarms
from constructs_lib._alarms import MetricOptions
from constructs_lib.runtime.custom_resource.contract import METRIC_NAMESPACE, PROVIDER_DIMENSION, Metric


class ProviderMetrics(Construct):
    """The metrics of a provider, each the sum over five minutes where its options do not say otherwise."""

    _name: str

    def metric(self, name: str, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """One of the handler's metrics, by name."""
        return _alarms.metric(METRIC_NAMESPACE, name, {PROVIDER_DIMENSION: self._name}, **options)

    def metric_ambiguous(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Requests answered FAILED because whether they made a resource cannot be known."""
        return self.metric(Metric.AMBIGUOUS, **options)

    def metric_orphaned(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Resources that are left and that nobody will delete."""
        return self.metric(Metric.ORPHANED, **options)

    def metric_orphans_reaped(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Resources that CloudFormation never learned of, and that were deleted."""
        return self.metric(Metric.ORPHAN_REAPED, **options)

    def metric_undeliverable(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Answers that CloudFormation could not be given."""
        return self.metric(Metric.UNDELIVERABLE, **options)

    def metric_duplicates(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Deliveries of a request that another delivery had answered, or was at work on."""
        return self.metric(Metric.DUPLICATE_SUPPRESSED, **options)

    def metric_replayed(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Committed answers that were sent again."""
        return self.metric(Metric.REPLAYED, **options)

    def metric_adopted(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Resources that a killed function had made, found or confirmed by their token."""
        return self.metric(Metric.ADOPTED, **options)

    def metric_takeovers(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Requests taken over from a killed function."""
        return self.metric(Metric.LEASE_TAKEOVER, **options)

    def metric_fence_lost(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Results discarded because their function had come back too late."""
        return self.metric(Metric.FENCE_LOST, **options)

    def metric_stale(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Events dropped because they were older than what has happened since."""
        return self.metric(Metric.STALE_DROPPED, **options)

    def metric_gave_up(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Requests of which every attempt was cut off, answered after the last one."""
        return self.metric(Metric.GAVE_UP, **options)

    def metric_malformed(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Events that were not CloudFormation's."""
        return self.metric(Metric.MALFORMED, **options)


def create_alarms(provider: ProviderMetrics, *, topic: sns.ITopic | None) -> list[cloudwatch.Alarm]:
    """Create the alarms: a resource may exist that nobody knows of, one does, or an answer did not arrive."""
    trouble = (
        ("Ambiguous", provider.metric_ambiguous(), "a resource may be left; look for its token at the vendor"),
        ("Orphaned", provider.metric_orphaned(), "a resource is left that nobody will delete; its id is in the log"),
        ("Undeliverable", provider.metric_undeliverable(), "CloudFormation was not answered; the stack waits or fails"),
    )
    alarms = [
        _alarms.alarm(provider, name, metric, above=0, description=f"{provider.node.path}: {text}")
        for name, metric, text in trouble
    ]
    _alarms.notify(topic, alarms)
    return alarms
