"""Figures for Prometheus, read from the facts at the moment they are asked for. It keeps none of its own."""

from collections.abc import Iterator
from datetime import datetime

from prometheus_client import generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry

from monitor.line import Line
from monitor.store import cases, pages, posts, sources, spending
from monitor.store.sources import Source


def exposition(line: Line) -> str:
    """Everything, in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Facts(line))
    return generate_latest(registry).decode()


class _Facts(Collector):
    """Reads the store once for each scrape."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def collect(self) -> Iterator[Metric]:
        """All families; names say the unit."""
        now, month = self._line.clock(), f"{self._line.clock():%Y-%m}"
        with self._line.store.read() as db:
            known = sources.every(db)
            spent = {source.name: spending.get(db, source.name, month).spent for source in known}
            open_cases = cases.count_open(db)
            oldest_wait = cases.oldest_waiting(db)
            settled = pages.count_by_outcome(db)
            unsettled = pages.oldest_unsettled(db)
            done = posts.count_acts(db)
            heard = posts.count_by_source(db)
        yield from _of_sources(known, now)
        yield _labelled("harken_posts", "Posts heard", "source", heard, counter=True)
        yield _labelled("harken_acts", "What people did about cases", "act", done, counter=True)
        yield _labelled("harken_pages", "Pages by how they were settled", "outcome", settled, counter=True)
        found = GaugeMetricFamily("harken_cases", "Open cases", labels=["status", "severity"])
        for (status, severity), count in sorted(open_cases.items()):
            found.add_metric([status, severity], count)
        yield found
        yield GaugeMetricFamily(
            "harken_longest_wait_seconds", "How long the customer has waited who waits longest", _age(oldest_wait, now)
        )
        yield GaugeMetricFamily(
            "harken_oldest_unsettled_page_seconds", "Age of the oldest page not settled", _age(unsettled, now)
        )
        yield GaugeMetricFamily(
            "harken_slack_refuses", "1 while Slack refuses our token", float(self._line.outbox.locked_out is not None)
        )
        requests = {name: one.requests for name, one in spent.items()}
        yield _labelled("harken_source_requests_month", "Requests made this month", "source", requests)
        prices = {name: one.price for name, one in spent.items()}
        yield _labelled("harken_source_price_month", "Spent this month, in the network's currency", "source", prices)


def _of_sources(known: list[Source], now: datetime) -> Iterator[Metric]:
    failing = {one.name: float(one.coverage.failing_since is not None) for one in known}
    yield _labelled("harken_source_failing", "1 while a source, or a side of it, cannot be read", "source", failing)
    for side in ("theirs", "ours"):
        lags = {one.name: _age(until, now) for one in known if (until := getattr(one.coverage, side)) is not None}
        help_ = "How long ago a side of a source was last read up to"
        yield _labelled(f"harken_source_{side}_lag_seconds", help_, "source", lags)


def _labelled(
    name: str, help_: str, label: str, values: dict[str, int] | dict[str, float], *, counter: bool = False
) -> Metric:
    family = (CounterMetricFamily if counter else GaugeMetricFamily)(name, help_, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family


def _age(moment: datetime | None, now: datetime) -> float:
    return 0.0 if moment is None else max((now - moment).total_seconds(), 0.0)
