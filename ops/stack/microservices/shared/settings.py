"""Typed reads from the environment, which systemd fills from the service's environment file."""

import os


class SettingsError(Exception):
    """A setting is missing or malformed; the text names it."""


def text(key: str) -> str:
    value = os.environ.get(key, "").strip()
    if not value:
        raise SettingsError(f"{key} is missing: set it in the service's environment file")
    return value


def names(key: str) -> list[str]:
    """A list separated by commas."""
    found = [name.strip() for name in text(key).split(",") if name.strip()]
    if not found:
        raise SettingsError(f"{key} names nothing: list at least one, separated by commas")
    return found


def port(key: str) -> int:
    return int(number(key, at_least=1, at_most=65535, whole=True))


def number(key: str, at_least: float, at_most: float, whole: bool = False) -> float:
    value = text(key)
    kind = "a whole number" if whole else "a number"
    try:
        parsed = int(value) if whole else float(value)
    except ValueError:
        raise SettingsError(f"{key}={value} is not {kind}") from None
    if not at_least <= parsed <= at_most:
        raise SettingsError(f"{key}={value} is not {kind} from {at_least} to {at_most}")
    return parsed


def one_of(key: str, choices: tuple[str, ...]) -> str:
    value = text(key)
    if value not in choices:
        raise SettingsError(f"{key}={value} is not one of {', '.join(choices)}")
    return value
