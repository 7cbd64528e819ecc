import shutil
import subprocess

import pytest

from pulih.common import version


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A copy of the package whose sources a test may change."""
    copy = tmp_path / "checkout" / "pulih"
    for name in ("common", "data"):
        shutil.copytree(version.PACKAGE / name, copy / name)
    (copy / "__init__.py").touch()
    monkeypatch.setattr(version, "PACKAGE", copy)
    version.source_digest.cache_clear()
    version.git_commit.cache_clear()
    yield copy
    version.source_digest.cache_clear()
    version.git_commit.cache_clear()


def digest(*packages):
    version.source_digest.cache_clear()
    return version.source_digest(*packages)


def test_the_digest_changes_with_the_content_of_its_packages_only(package):
    before, of_data, of_common = digest(), digest("data"), digest("common")
    (package / "common" / "seed.py").write_text("# changed\n")
    assert digest() != before
    assert digest("data") == of_data
    assert digest("common") != of_common


def test_a_single_file_can_be_named(package):
    before = digest("data/lines.py", "common/seed.py")
    (package / "data" / "batches.py").write_text("# changed\n")
    assert digest("data/lines.py", "common/seed.py") == before
    (package / "data" / "lines.py").write_text("# changed\n")
    assert digest("data/lines.py", "common/seed.py") != before


def test_the_digest_changes_with_a_file_name_and_a_new_file(package):
    before = digest("data")
    (package / "data" / "lines.py").rename(package / "data" / "rows.py")
    renamed = digest("data")
    (package / "data" / "fonts.json").write_text("[]")
    assert len({before, renamed, digest("data")}) == 3


def test_caches_of_python_do_not_count(package):
    before = digest()
    (package / "common" / "__pycache__").mkdir(exist_ok=True)
    (package / "common" / "__pycache__" / "seed.cpython-311.pyc").write_bytes(b"compiled")
    assert digest() == before


def test_a_subpackage_that_does_not_exist_is_no_empty_digest(package):
    with pytest.raises(AssertionError, match="no such subpackage"):
        digest("dta")


def git(folder, *arguments):
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def commit():
    version.git_commit.cache_clear()
    return version.git_commit()


def test_the_commit_is_that_of_the_checkout_and_marks_changes(package):
    git(package, "init", "-q")
    git(package, "add", ".")
    git(package, "commit", "-qm", "first")
    assert commit() == git(package, "rev-parse", "HEAD")[:12]
    (package / "__init__.py").write_text("# changed\n")
    assert commit() == git(package, "rev-parse", "HEAD")[:12] + "+"


def test_outside_of_git_the_commit_is_unknown(package, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(package.parents[1]))
    assert commit() == "unknown"


def test_the_commit_of_somebody_elses_checkout_is_not_ours(package):
    git(package.parent, "init", "-q")
    git(package.parent, "commit", "-qm", "their project", "--allow-empty")
    assert commit() == "unknown"
