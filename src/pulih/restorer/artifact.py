"""The trained generator as files: weights and what is needed to build it again."""

from pathlib import Path

from safetensors.torch import load_file, save

from pulih.common.config import build_config, read_json
from pulih.common.files import write_bytes, write_json
from pulih.data import manifest
from pulih.restorer.config import GeneratorConfig, RestorerConfig
from pulih.restorer.contract import CONFIG, KIND, SIZE_STEP, WEIGHTS
from pulih.restorer.generator import Generator


def save_generator(generator: Generator, config: RestorerConfig, height: int, folder: Path) -> None:
    """Write ``model.safetensors`` and ``config.json``; ``height`` is that of the training lines in pixels."""
    write_bytes(folder / WEIGHTS, save({name: value.cpu() for name, value in generator.state_dict().items()}))
    settings = {"generator": config.generator.model_dump(mode="json"), "keep_unsure": config.keep_unsure}
    values = {**settings, "height": height, "size_step": SIZE_STEP}
    write_json(folder / CONFIG, values)


def read_generator(folder: Path) -> Generator:
    """Build the generator that ``save_generator`` wrote, in eval mode on the CPU."""
    generator = Generator(build_config(GeneratorConfig, read_json(folder / CONFIG)["generator"]))
    generator.load_state_dict(load_file(folder / WEIGHTS))
    return generator.eval()


def load_generator(folder: Path) -> Generator:
    """Load the generator of a restorer artifact; raises ArtifactError when it is missing or altered."""
    manifest.verify(folder, KIND)
    return read_generator(folder)
