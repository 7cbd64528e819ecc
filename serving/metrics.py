"""What Prometheus reads at /metrics about pages, besides KServe's own request times."""

from prometheus_client import Counter, Gauge, Histogram, Info

LONG = (0.1, 0.3, 1, 3, 10, 30, 60, 120, 300)
PAGES = Counter("pulih_pages", "Pages by what became of them", ["outcome"])
SECONDS = Histogram("pulih_page_seconds", "Seconds of restoration per page", buckets=LONG)
PIXELS = Counter("pulih_pixels", "Pixels of restored pages")
MODEL = Info("pulih_model", "The model that answers")
RESTORED, REFUSED, FAILED, GIVEN_UP = "restored", "refused", "failed", "given_up"

REQUESTS = Histogram(
    "pulih_request_seconds",
    "Seconds from the first byte of a request to its answer",
    ["protocol", "status"],
    buckets=LONG,
)
QUEUE = Histogram("pulih_queue_seconds", "Seconds that a request waited for its turn", buckets=(0.01, *LONG))
TILES = Histogram("pulih_page_tiles", "Tiles of the network per page", buckets=(1, 2, 4, 8, 16, 32, 64, 128))
BATCH = Histogram("pulih_batch_tiles", "Tiles that ran through the network together", buckets=(1, 2, 4, 8, 16))
CONFIDENCE = Histogram(
    "pulih_page_confidence",
    "How sure the network was of the strokes it wrote",
    buckets=(0.5, 0.6, 0.7, 0.75, 0.8, 0.84, 0.88, 0.92, 0.96),
)
HELD = Gauge("pulih_held_requests", "Requests that run or wait")
HELD_BYTES = Gauge("pulih_held_bytes", "Bytes of their bodies")
REFUSED_BUSY = Counter("pulih_busy", "Requests refused because too much is held")
SWAPS = Counter("pulih_model_swaps", "Changes of the model while serving", ["outcome"])
