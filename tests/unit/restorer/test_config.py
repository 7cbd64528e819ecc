import pytest

from pulih.common.config import build_config
from pulih.common.errors import ConfigError
from pulih.restorer.config import GeneratorConfig, LossWeights, RestorerConfig


def test_defaults_are_valid_and_weight_every_kind_of_loss():
    weights = RestorerConfig().weights.model_dump()
    assert {"pixel", "ssim", "adversarial_image", "adversarial_text", "features", "posterior", "ctc"} <= set(weights)
    assert all(weight >= 0 for weight in weights.values())


@pytest.mark.parametrize(
    "values",
    [
        {"widths": (8, 16), "encoder_blocks": (1,), "decoder_blocks": (1,)},
        {"widths": (8, 16), "encoder_blocks": (1, 1), "decoder_blocks": (1, 1)},
        {"widths": (8,) * 6, "encoder_blocks": (1,) * 6, "decoder_blocks": (1,) * 5},
    ],
)
def test_a_generator_that_cannot_be_built_is_refused(values):
    with pytest.raises(ConfigError):
        build_config(GeneratorConfig, values)


def test_a_weight_of_no_known_loss_is_refused_with_the_nearest_name():
    with pytest.raises(ConfigError, match="features"):
        build_config(LossWeights, {"feature": 1.0})


def test_a_crop_width_off_the_grid_is_refused():
    with pytest.raises(ConfigError, match="crop_width"):
        build_config(RestorerConfig, {"schedule": {"crop_width": 100}})
