import re

from pulih.common.viewer import parts

MODULES = [parts.module(name) for name in (*parts.MODULES, "embedded.js")]
AT_TOP = re.compile(r"^(?:export )?(?:async )?(?:const|let|class|function\*?) (\w+)", re.MULTILINE)


def test_modules_become_one_script_that_imports_nothing() -> None:
    script = parts.one_script(*MODULES)
    assert re.search(r"^(import|export)\b", script, re.MULTILINE) is None
    assert "</script" not in script


def test_names_at_the_top_differ_so_that_modules_can_be_joined() -> None:
    names = [name for source in MODULES for name in AT_TOP.findall(source)]
    assert len(names) > 15
    assert sorted(names) == sorted(set(names))


def test_every_module_is_joined_after_those_it_needs() -> None:
    for position, name in enumerate((*parts.MODULES, "embedded.js")):
        needed = re.findall(r'from "\./([\w.]+)"', parts.module(name))
        assert set(needed) <= set(parts.MODULES[:position])
