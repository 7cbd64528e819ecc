"""The Feast repository's definitions; Feast's own commands and ``stores.features`` apply these same objects.

A page is identified by its content (``page_id`` is a digest of the scan's bytes), so that a row never goes stale;
``code`` is the digest of the code that measured it. Rows are only ever added: asking for the features of a moment
gives what was known then.
"""

from datetime import timedelta

from feast import Entity, FeatureService, FeatureView, Field, FileSource, ValueType
from feast.types import Float64, String

from pulih.features.catalogue import DESCRIPTORS, ENTITY, SERVICE, TABLE, VIEW

page = Entity(name="page", join_keys=[ENTITY], value_type=ValueType.STRING, description="one page of one scan")

source = FileSource(
    name="described_pages",
    path=TABLE,
    timestamp_field="event_timestamp",
    description="one row per page and moment of measuring",
)

page_descriptors = FeatureView(
    name=VIEW,
    entities=[page],
    ttl=timedelta(0),
    schema=[
        # Were it left out, Feast would look it up in the table, which a new repository does not have.
        Field(name=ENTITY, dtype=String),
        *(Field(name=d.name, dtype=Float64, description=f"{d.definition} [{d.unit}]") for d in DESCRIPTORS),
        Field(name="code", dtype=String, description="digest of the code that measured the page"),
    ],
    source=source,
    online=True,
)

page_descriptors_service = FeatureService(name=SERVICE, features=[page_descriptors])

OBJECTS = [page, page_descriptors, page_descriptors_service]
