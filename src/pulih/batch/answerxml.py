"""The XML file of an answer: the one that came in, or a new one, with recognized text and the restored page in it."""

from pathlib import PurePosixPath

from pulih import __version__
from pulih.batch.scribe import PageText
from pulih.batch.task import FileFacts, Task
from pulih.batch.xmlfiles import XmlFile, new_xml
from pulih.data.layout import Layout, Recognition, RestoredImage

NO_LINES = "no lines were looked for"


def answer_xml(task: Task, facts: FileFacts, xml: XmlFile | None, text: PageText | None, filename: str) -> bytes | None:
    """Return what belongs beside the answer ``filename``; None where nothing came in and nothing was read.

    Raises:
        InputError: the file is of a version that cannot take what is to be added.
    """
    if text is not None:
        xml = _with_text(task, facts, xml, text)
    elif xml is None and task.image:
        # In a workspace every page has a PAGE file.
        xml = new_xml(_bare(facts), task.image, Recognition("", "", "Pulih", __version__, facts.ended), NO_LINES)
    if xml is None:
        return None
    if task.image:
        xml = xml.with_id(task.stem)
    if not facts.restored:
        return xml.markup.data
    settings = f"mode {task.parameters['mode']}, parameters {task.key.parameters}"
    features = {"binary": "despeckled,binarized"}.get(task.parameters["mode"], "despeckled") if task.image else ""
    shown = f"{task.answers}{filename}"
    image = RestoredImage(shown, task.key.model, settings, "Pulih", __version__, facts.ended, features)
    return xml.with_restored(image)


def _bare(facts: FileFacts) -> Layout:
    return Layout("PAGE", facts.width, facts.height, ())


def _with_text(task: Task, facts: FileFacts, xml: XmlFile | None, text: PageText) -> XmlFile:
    assert facts.text is not None, "what was read has its figures"
    image = "the scan or the restored page, whichever the model was surer of" if facts.restored else "the scan"
    recognition = Recognition(facts.text.recognizer, image, "Pulih", __version__, facts.ended)
    if xml is None:
        xml = new_xml(text.layout, task.image or PurePosixPath(task.name).name, recognition, text.found)
    return xml.with_text(text.lines, recognition) if facts.text.read else xml
