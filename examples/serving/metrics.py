"""What Prometheus reads."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """The counters of an app; those of a model have its name as a label."""

    def __init__(self):
        self.registry = CollectorRegistry()
        given = {"registry": self.registry}
        self.requests = Counter(
            "requests", "Requests that were answered.", ("model", "method", "code"), **given
        )
        self.seconds = Histogram("request_seconds", "Time to an answer.", ("model",), **given)
        self._batch_rows = Histogram(
            "batch_rows", "Rows that ran together.", ("model",), buckets=ROWS, **given
        )
        self._queued = Gauge("queued_rows", "Rows that wait.", ("model",), **given)
        self._version = Gauge("model_version", "The version that serves.", ("model",), **given)

    def of(self, model):
        return ModelMetrics(
            self._batch_rows.labels(model), self._queued.labels(model), self._version.labels(model)
        )

    def text(self):
        return generate_latest(self.registry)


class ModelMetrics:
    def __init__(self, batch_rows, queued, version):
        self.batch_rows, self.queued, self.version = batch_rows, queued, version
