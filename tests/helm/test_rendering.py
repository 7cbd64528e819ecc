"""Every values file and overlay renders, with Helm's own engine and kubectl's, to objects that Kubernetes knows."""

import helm_python
import kubernetes_validate
import pytest
from checks import custom_resources
from checks.rendering import (
    CHART,
    EVERYTHING,
    OVERLAYS,
    ROOT,
    STORE,
    VALUES_FILES,
    all_renderings,
    chart,
    endpoint,
    objects,
    overlay,
    templates,
    values_of,
    with_endpoint,
)

RENDERINGS = all_renderings()
VERSIONS = ("1.31", "1.37")
INPUTS = {"defaults": {}, "everything": EVERYTHING} | {path.name: values_of(path) for path in VALUES_FILES}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", INPUTS)
def test_strict_lint_finds_nothing(name, version):
    report = helm_python.lint(str(CHART), INPUTS[name], strict=True, namespace="pulih", kube_version=f"v{version}.0")
    informative = 1
    assert report["errors"] == []
    assert [message for message in report["messages"] if message["severity"] > informative] == []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", RENDERINGS)
def test_objects_of_kubernetes_pass_its_schemas(name, version):
    own = [item for item in RENDERINGS[name] if not custom_resources.is_custom(item)]
    assert own
    for item in own:
        kubernetes_validate.validate(item, version, strict=True)


def test_schemas_of_kubernetes_refuse_an_unknown_field():
    item = next(o for o in objects(EVERYTHING) if o["kind"] == "CronJob")
    item["spec"]["jobTemplate"]["spec"]["template"]["spec"]["readOnlyRootFilesystem"] = True
    with pytest.raises(kubernetes_validate.ValidationError, match="readOnlyRootFilesystem"):
        kubernetes_validate.validate(item, VERSIONS[0], strict=True)


@pytest.fixture
def definitions():
    if custom_resources.folder() is None:
        pytest.skip("no custom resource definitions; PULIH_CRDS names their folder")


@pytest.mark.parametrize("name", ["everything", *(f"values/{path.name}" for path in VALUES_FILES)])
@pytest.mark.usefixtures("definitions")
def test_custom_objects_pass_their_definitions(name):
    custom = [item for item in RENDERINGS[name] if custom_resources.is_custom(item)]
    assert custom
    assert {item["metadata"]["name"]: custom_resources.errors(item) for item in custom} == {
        item["metadata"]["name"]: [] for item in custom
    }


@pytest.mark.usefixtures("definitions")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"replicas": 3}, "replicas"),
        ({"minReplicas": "one"}, "minReplicas"),
        ({"securityContext": {"readOnlyRootFilesystem": True}}, "readOnlyRootFilesystem"),
    ],
)
def test_definitions_refuse_wrong_fields_and_types(change, message):
    item = endpoint(objects(EVERYTHING))
    item["spec"]["predictor"] |= change
    assert message in "\n".join(custom_resources.errors(item))


def test_every_template_renders_something_in_the_largest_installation():
    silent = [path for path, text in templates(EVERYTHING).items() if "kind:" not in text and path.endswith(".yaml")]
    assert silent == ["templates/common/checks.yaml"]


def test_custom_kinds_are_those_whose_definitions_are_checked():
    found = with_endpoint(objects(EVERYTHING))
    custom = {(o["apiVersion"].split("/")[0], o["kind"]) for o in found if custom_resources.is_custom(o)}
    assert custom == set(custom_resources.FILES)


@pytest.mark.parametrize("name", INPUTS)
def test_objects_carry_the_names_of_their_release(name):
    rename = {"name": "other", "namespace": "elsewhere"}
    for item in objects(INPUTS[name], **rename):
        assert item["metadata"]["labels"]["app.kubernetes.io/instance"] == "other"
        assert "namespace" not in item["metadata"], "the release decides on the namespace"
        assert item["metadata"]["name"].startswith("other")


def test_no_object_is_in_both_the_chart_and_the_manifests():
    def identities(items):
        return {(item["kind"], item["metadata"]["name"]) for item in items}

    installed = identities(objects(EVERYTHING))
    assert [installed & identities(overlay(path)) for path in OVERLAYS] == [set()] * len(OVERLAYS)


@pytest.mark.parametrize("path", OVERLAYS, ids=lambda path: path.name)
def test_namespace_admits_only_restricted_pods(path):
    [namespace] = [item for item in overlay(path) if item["kind"] == "Namespace"]
    others = [item for item in overlay(path) if item["kind"] != "Namespace"]
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert {item["metadata"]["namespace"] for item in others} == {namespace["metadata"]["name"]}


def test_keys_of_the_store_are_in_the_secret_and_nowhere_else():
    holders = {path for path, text in templates(EVERYTHING).items() if STORE["storage"]["secretKey"] in text}
    assert holders == {"templates/common/secret.yaml"}


def test_notes_say_what_to_do_next():
    assert "name the S3-compatible store" in templates({})["templates/NOTES.txt"]
    notes = templates(STORE)["templates/NOTES.txt"]
    assert "pulih deploy --alias champion --release pulih --namespace pulih" in notes
    assert "helm test pulih" in notes


def test_chart_and_package_have_one_version():
    from pulih import __version__

    assert (chart().metadata["version"], chart().metadata["appVersion"]) == (__version__, __version__)


def test_example_values_and_manifests_are_the_ones_the_guide_names():
    guide = (ROOT / "docs" / "cluster.md").read_text()
    named = [f"helm/pulih/values/{path.name}" for path in VALUES_FILES] + [
        f"manifests/overlays/{p.name}" for p in OVERLAYS
    ]
    assert [name for name in named if name not in guide] == []
