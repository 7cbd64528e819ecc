"""What Prometheus reads at /metrics about pages, besides KServe's own request times."""

from prometheus_client import Counter, Histogram, Info

PAGES = Counter("pulih_pages", "Pages by what became of them", ["outcome"])
SECONDS = Histogram(
    "pulih_page_seconds", "Seconds of restoration per page", buckets=(0.1, 0.3, 1, 3, 10, 30, 60, 120, 300)
)
PIXELS = Counter("pulih_pixels", "Pixels of restored pages")
MODEL = Info("pulih_model", "The model that answers")
RESTORED, REFUSED, FAILED = "restored", "refused", "failed"
