"""The provenance of one written file as PROV-JSON (W3C member submission, 24 April 2013)."""

from dataclasses import asdict
from pathlib import PurePosixPath
from typing import Any

from pulih import __version__
from pulih.batch.task import FileFacts, Task
from pulih.common.version import git_commit

SUFFIX = ".prov.json"
NAMESPACE = "urn:pulih:"


def document(task: Task, facts: FileFacts, output: str, output_sha256: str) -> dict[str, Any]:
    """Return what is known of how the file ``output`` came to be.

    A page that was passed on has no model among its makers, and its bytes are those of the input.
    """
    source = {
        "prov:label": PurePosixPath(task.name).name,
        "prov:atLocation": task.place,
        "pulih:sha256": task.key.sha256,
        "pulih:bitsPerChannel": facts.bits,
        "pulih:size": [facts.width, facts.height],
    }
    answer = {
        "prov:label": PurePosixPath(output).name,
        "pulih:sha256": output_sha256,
        "pulih:restoredByModel": facts.restored,
        "pulih:bitsPerChannel": facts.bits_written,
        "pulih:kept": list(facts.kept),
        "pulih:note": facts.note,
    }
    activity = {
        "prov:startTime": facts.started,
        "prov:endTime": facts.ended,
        "prov:label": "restoration" if facts.restored else "passed on untouched",
        "pulih:parameters": task.parameters,
        "pulih:parametersDigest": task.key.parameters,
        "pulih:pages": [asdict(page) for page in facts.pages],
    }
    if facts.text is not None:
        activity["pulih:text"] = asdict(facts.text)
    return {
        "prefix": {"prov": "http://www.w3.org/ns/prov#", "pulih": NAMESPACE},
        "entity": {"pulih:input": source, "pulih:output": answer, "pulih:model": {"pulih:digest": task.key.model}},
        "activity": {"pulih:batch": activity},
        "agent": {"pulih:software": _software()},
        "used": {"_:u1": _used("pulih:input"), "_:u2": _used("pulih:model")},
        "wasGeneratedBy": {"_:g1": {"prov:entity": "pulih:output", "prov:activity": "pulih:batch"}},
        "wasDerivedFrom": {"_:d1": {"prov:generatedEntity": "pulih:output", "prov:usedEntity": "pulih:input"}},
        "wasAssociatedWith": {"_:a1": {"prov:activity": "pulih:batch", "prov:agent": "pulih:software"}},
    }


def _software() -> dict[str, str]:
    return {
        "prov:type": "prov:SoftwareAgent",
        "prov:label": "Pulih",
        "pulih:version": __version__,
        "pulih:commit": git_commit(),
    }


def _used(entity: str) -> dict[str, str]:
    return {"prov:activity": "pulih:batch", "prov:entity": entity}
