"""Stage configs: closed, frozen, with one spelling and one default per setting."""

import difflib
import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from pulih.common.errors import ConfigError

Config = TypeVar("Config", bound="StageConfig")


class StageConfig(BaseModel):
    """Base of every config: unknown keys are refused, values cannot change after validation."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)

    def digest(self) -> str:
        """Return the first 12 hexadecimal digits of the SHA-256 of the resolved config."""
        return digest_of(self.model_dump(mode="json"))


def digest_of(values: Any) -> str:
    """Return the first 12 hexadecimal digits of the SHA-256 of ``values`` as canonical JSON."""
    canonical = json.dumps(values, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object from ``path``; raises ConfigError when there is none."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as err:
        raise ConfigError("a JSON config file", f"no file at {path}", "Check --config.") from err
    except (UnicodeDecodeError, json.JSONDecodeError) as err:
        raise ConfigError(f"JSON in {path}", f"text that does not parse ({err})", "Repair the file.") from err
    if not isinstance(values, dict):
        raise ConfigError(f"a JSON object in {path}", type(values).__name__, "Write {...} at the top level.")
    return values


def build_config(cls: type[Config], values: Mapping[str, Any], overrides: Iterable[str] = ()) -> Config:
    """Validate ``values`` with ``overrides`` (``a.b=c``) laid over them as a ``cls``.

    Raises:
        ConfigError: a key is unknown (the nearest valid name is given), or a value has a wrong type or range.
    """
    merged = json.loads(json.dumps(values))
    for override in overrides:
        _apply_override(cls, merged, override)
    try:
        return cls.model_validate(merged)
    except ValidationError as err:
        raise _explain(cls, err) from err


def _apply_override(cls: type[StageConfig], values: dict[str, Any], override: str) -> None:
    key, sign, text = override.partition("=")
    if not sign or not key:
        raise ConfigError("--set a.b=value", f"--set {override}", "Put the key before '=' and the value after.")
    *parents, last = key.split(".")
    for name in parents:
        values = values.setdefault(name, {})
        if not isinstance(values, dict):
            raise ConfigError(f"a group of settings at '{name}'", f"a single value in '{key}'", "Shorten the key.")
    try:
        values[last] = json.loads(text)
    except json.JSONDecodeError:
        values[last] = text


def known_keys(cls: type[BaseModel], prefix: str = "") -> list[str]:
    """List every dotted key that a config class accepts."""
    keys: list[str] = []
    for name, field in cls.model_fields.items():
        keys.append(f"{prefix}{name}")
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            keys += known_keys(field.annotation, f"{prefix}{name}.")
    return keys


def _explain(cls: type[StageConfig], err: ValidationError) -> ConfigError:
    first = err.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] != "extra_forbidden":
        return ConfigError(f"a valid '{key}' ({first['msg']})", repr(first["input"])[:200], "Correct the value.")
    near = difflib.get_close_matches(key, known_keys(cls), n=1, cutoff=0.0)
    return ConfigError("a known setting", f"unknown key '{key}'", f"Did you mean '{near[0]}'?" if near else "Drop it.")
