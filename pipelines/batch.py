"""A whole archive on a cluster: its pages divided among tasks that restore them side by side."""

from kfp import dsl

from components.conclude_batch.component import conclude_batch
from components.list_pages.component import list_pages
from components.restore_pages.component import restore_pages
from pipelines.cluster import ClusterConfig, explained
from pipelines.place import Place

CLUSTER = ClusterConfig()
SIDE_BY_SIDE = 16  # KFP wants it when a pipeline is compiled; a cluster with less room lets tasks wait


@dsl.pipeline(name="pulih-batch", description="Restore a whole archive in parts")
@explained("archive")
def batch(  # noqa: PLR0913, PLR0917 - what a person sets in the form of a run
    archive: dict,
    code_version: str,
    cpu: str = CLUSTER.cpu,
    memory: str = CLUSTER.memory,
    storage_secret: str = CLUSTER.storage_secret,
    storage_config: str = CLUSTER.storage_config,
    store_ca: str = CLUSTER.store_ca,
    pull_secret: str = CLUSTER.pull_secret,
) -> dsl.Artifact:
    """Restore the pages of ``archive``; a part that fails or is evicted is tried again."""
    place = Place(cpu, memory, storage_secret, storage_config, store_ca, pull_secret)
    code = {"code_version": code_version}
    found = list_pages(config=archive, **code)
    with dsl.ParallelFor(found.outputs["Output"], name="parts", parallelism=SIDE_BY_SIDE) as part:
        done = restore_pages(config=archive, part=part, pages=found.outputs["pages"], **code)
    told = conclude_batch(config=archive, parts=dsl.Collected(done.outputs["batch"]), **code)
    place.settle_fresh(found, told)
    # A part may be thousands of pages, and with an s3:// output one that is ended begins anew.
    place.settle_fresh(done, hours=72)
    place.repeat(found)
    place.repeat(done)
    return told.outputs["batch"]
