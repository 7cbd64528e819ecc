"""The container images of the components, named once; ``PULIH_TRAINING_IMAGE`` overrides when a pipeline is compiled.

The local runner warns about images whose name lacks "python", hence the tag. Images hold Pulih and KFP already.
"""

import functools
import os

from kfp import dsl

from pulih import __version__

TRAINING_IMAGE = os.environ.get("PULIH_TRAINING_IMAGE") or f"pulih/training:{__version__}-python3.11"

training_component = functools.partial(
    dsl.component, base_image=TRAINING_IMAGE, packages_to_install=[], install_kfp_package=False
)
