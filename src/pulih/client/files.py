"""Image files restored by an endpoint; what is written is what ``pulih restore`` writes with the model at hand."""

from pathlib import Path

from pulih.client.endpoint import Endpoint
from pulih.common.files import write_bytes
from pulih.data.encoding import encode_png
from pulih.data.images import TIFF_SUFFIXES, ImageLimits, RgbImage, decode_image
from pulih.restorer.colour import Paper, luminance
from pulih.restorer.files import RestoredFile, RestoreOptions, check_target, restore_file
from pulih.restorer.infer import RestoredPage
from pulih.restorer.trust import Trust


class RemoteRestorer:
    """Restores pages as ``pulih.restorer.infer.Restorer`` does, by an endpoint."""

    def __init__(self, endpoint: Endpoint, limits: ImageLimits) -> None:
        self._endpoint, self._limits = endpoint, limits

    def restore_page(self, page: RgbImage, paper: Paper = "keep") -> RestoredPage:
        """Restore an 8-bit RGB page (H, W, 3); the luminance is that of the answer, and ``erased`` is not known."""
        answer = self._endpoint.restore(encode_png(page), paper)
        image = decode_image(answer.png, "the endpoint's answer", self._limits).pixels
        trust = Trust(answer.confidence, None)
        return RestoredPage(image, luminance(image), answer.x_height, answer.scale or 1.0, answer.seconds, trust)


def restore_remotely(source: Path, target: Path, endpoint: Endpoint, options: RestoreOptions) -> RestoredFile:
    """Restore every page of an image file by an endpoint and write ``target`` with the suffix of its format.

    A file of one page is sent as it is; pages of a TIFF, and those to be compared, are decoded here.

    Raises:
        InputError: the file is no image within the limits, or would be overwritten by its own answer.
        EndpointError: the endpoint does not answer, or not as it should.
    """
    is_tiff = source.suffix.lower() in TIFF_SUFFIXES or options.format == "tiff"
    if is_tiff or options.comparison:
        return restore_file(source, target, RemoteRestorer(endpoint, options.limits), options)
    check_target(source, target)
    answer = endpoint.restore(source.read_bytes(), options.paper)
    written = target.with_name(f"{target.name}.png")
    write_bytes(written, answer.png)
    return RestoredFile(source, (written,), 1, answer.seconds)
