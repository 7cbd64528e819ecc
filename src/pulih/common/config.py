"""Stage configs: closed, frozen, with one spelling and one default per setting."""

import difflib
import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError

from pulih.common.errors import ConfigError

Config = TypeVar("Config", bound="StageConfig")


class StageConfig(BaseModel):
    """Base of every config: unknown keys are refused, values cannot change after validation."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)

    def digest(self) -> str:
        """Return the first 12 hexadecimal digits of the SHA-256 of the resolved config."""
        return digest_of(self.model_dump(mode="json"))

    def resolved(self) -> dict[str, Any]:
        """Return every setting as JSON values, also those that determine no result and count for no digest."""
        uncounted = {name: getattr(self, name) for name, field in type(self).model_fields.items() if field.exclude}
        return self.model_dump(mode="json") | uncounted


def digest_of(values: Any) -> str:
    """Return the first 12 hexadecimal digits of the SHA-256 of ``values`` as canonical JSON."""
    canonical = json.dumps(values, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise ConfigError("each key once", f"'{repeated}' twice in one object", "Remove one of both.")
    return values


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object from ``path``; raises ConfigError when there is none, or a key stands twice."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_without_repeats)
    except OSError as err:
        raise ConfigError("a JSON file", f"no readable file at {path} ({err.strerror})", "Correct the path.") from err
    except (UnicodeDecodeError, json.JSONDecodeError) as err:
        raise ConfigError(f"JSON in {path}", f"text that does not parse ({err})", "Repair the file.") from err
    if not isinstance(values, dict):
        raise ConfigError(f"a JSON object in {path}", type(values).__name__, "Write {...} at the top level.")
    return values


def build_config(cls: type[Config], values: Mapping[str, Any], overrides: Iterable[str] = ()) -> Config:
    """Validate ``values`` with ``overrides`` (``a.b=c``) laid over them as a ``cls``.

    Values keep their JSON type: no text is taken for a number, and no true for 1.

    Raises:
        ConfigError: a key is unknown (the nearest valid name is given), or a value has a wrong type or range.
    """
    merged = json.loads(json.dumps(values))
    for override in overrides:
        _apply_override(cls, merged, override)
    try:
        return cls.model_validate_json(json.dumps(merged), strict=True)
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
    values[last] = _parse(text, _annotation(cls, key.split(".")))


def _parse(text: str, annotation: Any) -> Any:
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        return text
    union = isinstance(annotation, UnionType) or get_origin(annotation) is Union
    kinds = get_args(annotation) if union else (annotation,)
    # `--set name=1791` means the text where a text is wanted.
    is_text = str in kinds and not isinstance(value, str) and not (value is None and type(None) in kinds)
    return text if is_text else value


def _group(annotation: Any) -> type[BaseModel] | None:
    kinds = [annotation, *get_args(annotation)]
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)


def _annotation(cls: type[BaseModel], path: list[str]) -> Any:
    current: type[BaseModel] | None = cls
    annotation: Any = None
    for name in path:
        if current is None or name not in current.model_fields:
            return None
        annotation = current.model_fields[name].annotation
        current = _group(annotation)
    return annotation


def known_keys(cls: type[BaseModel], prefix: str = "") -> list[str]:
    """List every dotted key that a config class accepts."""
    keys: list[str] = []
    for name, field in cls.model_fields.items():
        keys.append(f"{prefix}{name}")
        if group := _group(field.annotation):
            keys += known_keys(group, f"{prefix}{name}.")
    return keys


def _explain(cls: type[StageConfig], err: ValidationError) -> ConfigError:
    first = err.errors(include_url=False)[0]
    key = ".".join(str(part) for part in first["loc"]) or "config"
    if first["type"] != "extra_forbidden":
        reason = first["msg"].removeprefix("Value error, ")
        return ConfigError(f"a valid '{key}' ({reason})", repr(first["input"])[:200], "Correct the value.")
    near = difflib.get_close_matches(key, known_keys(cls), n=1, cutoff=0.0)
    return ConfigError("a known setting", f"unknown key '{key}'", f"Did you mean '{near[0]}'?" if near else "Drop it.")
