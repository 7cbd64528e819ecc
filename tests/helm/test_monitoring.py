"""Alerts and dashboard ask for what the server has, by its own names and labels."""

import json
import re

import pytest
from checks.rendering import CHART, EVERYTHING, objects, one

DASHBOARD = json.loads((CHART / "dashboards" / "serving.json").read_text())
# What Prometheus itself adds to every sample of a Service's pods.
OF_PROMETHEUS = {"namespace", "service", "pod", "le"}
FUNCTIONS = {
    "sum", "rate", "increase", "histogram_quantile", "count", "max", "by", "label_values", "unless", "max_over_time",
}  # fmt: skip


@pytest.fixture(scope="module")
def known():
    """Every name of a sample that the server's registry can give, with the labels of its metric."""
    from prometheus_client import REGISTRY, Info

    import serving.metrics  # registers them

    found = {"up": set()}
    for metric in REGISTRY.collect():
        endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "info": ("_info",)}
        names = {sample.name for sample in metric.samples} | {
            metric.name + ending for ending in endings.get(metric.type, ("",))
        }
        labels = {name for sample in metric.samples for name in sample.labels}
        found |= dict.fromkeys(names, labels)
    found["pulih_pages_total"] = set(serving.metrics.PAGES._labelnames)
    assert isinstance(serving.metrics.MODEL, Info)
    found["pulih_model_info"] = labels_of_the_model()
    return found


def labels_of_the_model():
    """What the predictor says of its model; the call is looked up in its source, which starts no server."""
    source = (CHART.parents[1] / "serving" / "predictor.py").read_text()
    [told] = re.findall(r"MODEL\.info\(\{(.*)\}\)", source)
    return set(re.findall(r'"(\w+)":', told))


def queries():
    panels = {panel["title"]: [target["expr"] for target in panel["targets"]] for panel in DASHBOARD["panels"]}
    variables = {v["name"]: [v["query"]["query"]] for v in DASHBOARD["templating"]["list"] if v["type"] == "query"}
    return panels | variables


def asked(expression):
    """The metrics and the labels in a PromQL expression."""
    bare = re.sub(r'"[^"]*"', '""', expression)
    metrics = set(re.findall(r"\b([a-z_]{2,})\b(?=[\[{])", bare))
    metrics |= set(re.findall(r"label_values\((\w+)", bare))
    labels = {name for group in re.findall(r"\{([^}]*)\}", bare) for name in re.findall(r"(\w+)\s*=", group)}
    labels |= {name.strip() for group in re.findall(r"by \(([^)]*)\)", bare) for name in group.split(",")}
    labels |= set(re.findall(r"label_values\([^)]*, (\w+)\)", bare))
    return metrics - FUNCTIONS, labels


@pytest.mark.parametrize("title", queries())
def test_every_query_of_the_dashboard_asks_for_metrics_and_labels_that_the_server_has(known, title):
    for expression in queries()[title]:
        metrics, labels = asked(expression)
        assert metrics, expression
        assert metrics <= set(known), expression
        own = set().union(*(known[metric] for metric in metrics))
        assert labels <= own | OF_PROMETHEUS, expression
        assert expression.count("(") == expression.count(")")


def test_a_misspelt_metric_or_label_would_be_found(known):
    metrics, labels = asked('sum by (outcom) (rate(pulih_page_total{namespace="a"}[5m]))')
    assert not metrics <= set(known)
    assert "outcom" in labels
    assert "outcom" not in known["pulih_pages_total"]


def test_dashboard_is_where_the_sidecar_looks_for_it_and_names_its_source_only_by_a_variable():
    found = one(objects(EVERYTHING), "ConfigMap", "pulih-dashboard")
    assert found["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert json.loads(found["data"]["pulih-serving.json"]) == DASHBOARD
    sources = re.findall(r'"uid": "([^"]+)"', json.dumps(DASHBOARD))
    assert set(sources) == {"${datasource}", "pulih-serving"}
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def test_panels_do_not_overlap():
    cells = [
        (x, y)
        for panel in DASHBOARD["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


def test_alerts_ask_for_metrics_that_the_server_has(known):
    rules = one(objects(EVERYTHING), "PrometheusRule")["spec"]["groups"][0]["rules"]
    for rule in rules:
        metrics, _ = asked(rule["expr"])
        assert metrics <= set(known), rule["alert"]
        assert metrics
