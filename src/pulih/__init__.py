"""Pulih restores degraded handwritten archive documents with a reading-aware GAN."""

__version__ = "0.1.0"
