from pulih.restorer import contract, infer


def test_serving_reads_what_training_writes():
    for name in ("KIND", "MODEL", "CONFIG", "INPUT", "OUTPUT"):
        assert getattr(infer, name) == getattr(contract, name)
