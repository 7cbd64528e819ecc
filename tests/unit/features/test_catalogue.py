from pulih.features.catalogue import DESCRIPTORS, NAMES


def test_each_descriptor_is_named_once_and_explained():
    assert len(set(NAMES)) == len(NAMES)
    for descriptor in DESCRIPTORS:
        assert descriptor.name.isidentifier()
        assert all(descriptor[:7]), descriptor.name
        assert descriptor.definition.endswith(".")
        assert descriptor.resolution > 0
