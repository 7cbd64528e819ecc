import numpy as np

from pulih.common.seed import derived_seed, generator


def test_a_stream_is_the_same_in_every_process_and_version():
    assert derived_seed(7, "line", 3) == 1498264398216555753
    assert (
        generator(7, "line", 3).integers(1000, size=3).tolist()
        == generator(7, "line", 3).integers(1000, size=3).tolist()
    )


def test_seed_and_every_name_count():
    seeds = {derived_seed(*names) for names in [(1, "a", 2), (2, "a", 2), (1, "b", 2), (1, "a", 3), (1, "a")]}
    assert len(seeds) == 5


def test_names_do_not_run_into_each_other():
    assert derived_seed(1, "a", "b") != derived_seed(1, "ab")
    assert derived_seed(1, "line", 11) != derived_seed(1, "line1", 1)
    assert derived_seed(11, "a") != derived_seed(1, "1", "a")


def test_seeds_fit_into_signed_64_bits():
    assert all(0 <= derived_seed(0, number) < 2**63 for number in range(1000))


def test_neighbouring_streams_are_independent():
    streams = np.stack([generator(0, "line", number).standard_normal(2000) for number in range(20)])
    correlations = np.corrcoef(streams)[~np.eye(20, dtype=bool)]
    # The standard deviation of a correlation of 2000 independent pairs is 1/sqrt(2000) = 0.022.
    assert np.abs(correlations).max() < 0.1


def test_drawing_from_one_stream_leaves_the_others():
    first = generator(0, "a")
    generator(0, "b").random(100)
    assert first.random() == generator(0, "a").random()
