"""Numbers for Prometheus.

The state of queues, sockets and the log is read when it is asked for, whichever worker answers.
The time of consumers is counted by each worker process; with PROMETHEUS_MULTIPROC_DIR set to a
folder that all of them share, the answer holds the sum, otherwise the answering worker's own.
"""

import os
import time
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from typing import Any

from django.utils import timezone
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from channels import DEFAULT_CHANNEL_LAYER, channel_layers
from tracker.models import LogHead, Notification

_own = CollectorRegistry()
consumer_seconds = Histogram("tracker_consumer_seconds", "How long consumers ran.", registry=_own)
_began: ContextVar[float] = ContextVar("consumer_began")

CHANNEL_GAUGES = {
    "messages_pending": "Messages that wait for a worker.",
    "messages_max_age": "Seconds that the oldest message has been there.",
}
# Name of the layer's statistic, of the metric, and what it is.
LAYER_COUNTERS = (
    ("messages_count", "tracker_messages", "Messages sent."),
    ("channel_full_count", "tracker_refusals", "Sends that a full channel refused."),
    ("group_drops", "tracker_group_drops", "Group messages that found no room."),
    ("redeliveries", "tracker_redeliveries", "Messages taken over from workers that died."),
)
LAYER_GAUGES = (
    ("members", "tracker_sockets", "Open sockets that are in groups."),
    ("servers", "tracker_interface_servers", "Interface servers alive."),
    ("workers", "tracker_workers", "Workers alive."),
    ("dead_letters", "tracker_dead_letters", "Messages put aside for an operator."),
)


def consumer_began(**_signal: Any) -> None:
    """A receiver of `consumer_started`."""
    _began.set(time.perf_counter())


def consumer_ended(**_signal: Any) -> None:
    """A receiver of `consumer_finished`, in the same context."""
    consumer_seconds.observe(time.perf_counter() - _began.get())


def render() -> bytes:
    """Return all metrics in Prometheus's text format."""
    return generate_latest(_Now()) + generate_latest(_counted())


def _counted() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return _own
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return registry


class _Now(Collector):
    """What is true at this moment."""

    def collect(self) -> Iterator[Metric]:
        layer = channel_layers[DEFAULT_CHANNEL_LAYER]
        yield from _log()
        if "statistics" in layer.extensions:
            found = layer.survey(layer.router.channels)
            yield from _channels(found.channels)
            yield from _servers(found)
            yield from _layer(found.total)


def _log() -> Iterator[Metric]:
    waiting = Notification.objects.unpublished().order_by("created")
    oldest = waiting.values_list("created", flat=True).first()
    lag = (timezone.now() - oldest).total_seconds() if oldest else 0.0
    head = LogHead.current()
    yield GaugeMetricFamily("tracker_log_sequence", "Head of the log.", value=head.sequence)
    yield GaugeMetricFamily(
        "tracker_relay_waiting", "Notifications not yet published.", value=waiting.count()
    )
    yield GaugeMetricFamily(
        "tracker_relay_lag_seconds", "Age of the oldest notification not published.", value=lag
    )


def _channels(channels: Mapping[str, Mapping[str, Any]]) -> Iterator[Metric]:
    for key, text in CHANNEL_GAUGES.items():
        family = GaugeMetricFamily(f"tracker_channel_{key}", text, labels=["channel"])
        for channel, values in sorted(channels.items()):
            family.add_metric([channel], values[key])
        yield family


def _servers(found: Any) -> Iterator[Metric]:
    up = GaugeMetricFamily("tracker_redis_up", "Whether a Redis answers.", labels=["server"])
    for address in sorted({**found.servers, **found.away}):
        up.add_metric([address], address in found.servers)
    yield up
    # Their sum would fall while one is away, which looks as if all had begun anew.
    for key, name, text in LAYER_COUNTERS:
        family = CounterMetricFamily(name, text, labels=["server"])
        for address, counts in sorted(found.servers.items()):
            family.add_metric([address], counts[key])
        yield family


def _layer(total: Mapping[str, int]) -> Iterator[Metric]:
    for key, name, text in LAYER_GAUGES:
        if key in total:
            yield GaugeMetricFamily(name, text, value=total[key])
