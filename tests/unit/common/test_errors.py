import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor

import pytest

from pulih.common.errors import (
    ArtifactError,
    ConfigError,
    GateRefused,
    InputError,
    Interrupted,
    PulihError,
    StoreError,
    UserError,
)


def test_exit_codes_are_those_that_the_command_line_promises():
    codes = {error: error.exit_code for error in (PulihError, UserError, GateRefused, Interrupted)}
    assert codes == {PulihError: 1, UserError: 2, GateRefused: 3, Interrupted: 143}
    assert {error.exit_code for error in (ConfigError, InputError, ArtifactError, StoreError)} == {2}


def test_the_user_reads_what_was_expected_what_was_found_and_what_to_do():
    error = InputError("an image", "a text file", "Give a PNG.")
    assert str(error) == "expected an image; found a text file. Give a PNG."
    assert (error.expected, error.found, error.fix) == ("an image", "a text file", "Give a PNG.")


def test_an_error_keeps_its_parts_when_it_crosses_a_process():
    error = pickle.loads(pickle.dumps(StoreError("a bucket", "none", "Create it.")))
    assert type(error) is StoreError
    assert (error.expected, error.found, error.fix) == ("a bucket", "none", "Create it.")


def test_an_error_in_a_worker_reaches_the_parent():
    with ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as pool:
        future = pool.submit(int, "x")
        with pytest.raises(ValueError, match="invalid literal"):
            future.result()
        future = pool.submit(_fail)
        with pytest.raises(ConfigError, match="expected a; found b"):
            future.result()


def _fail():
    raise ConfigError("a", "b", "c")
