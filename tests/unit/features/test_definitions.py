from pulih.features.catalogue import CODE, DESCRIPTORS, ENTITY, NAMES, TABLE


def test_the_view_has_exactly_the_catalogue_and_its_code():
    from pulih.features.definitions import page_descriptors, page_descriptors_service, source

    fields = {field.name: field for field in page_descriptors.schema}
    assert set(fields) - {ENTITY} == {*NAMES, CODE}
    assert all(descriptor.unit in fields[descriptor.name].description for descriptor in DESCRIPTORS)
    assert source.path == TABLE
    assert [view.name for view in page_descriptors_service.feature_view_projections] == [page_descriptors.name]
