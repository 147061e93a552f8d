"""API keys: who may write through the doors. A file of names, scopes and hashes; a key itself is shown once, then gone.

A key is 256 random bits, so one SHA-256 of it is enough: a slow hash protects what people can remember, and nobody can
try 2^256 values however fast the hash is. What a slow one would add is a way to keep the service busy.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import re
import secrets
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal, get_args

from playhead.errors import NotFoundError, SettingsError
from playhead.settings import Settings

Scope = Literal["ingest", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)

PREFIX = "playhead_"  # what finds secrets in places where none belongs can tell ours
OF_ENVIRONMENT = "PLAYHEAD_API_KEY"  # in capitals, so that no key of the file is called this
MOST_BYTES = 2**20

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_log = logging.getLogger("playhead.keys")


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of a key: ``digest`` is the SHA-256 of its bytes, in hexadecimal."""

    name: str
    scopes: tuple[Scope, ...]
    digest: str
    created: date | None = None

    def allows(self, scope: Scope) -> bool:
        """Who may administer may also ingest."""
        return scope in self.scopes or "admin" in self.scopes


class Keys:
    """The keys of a service: the one of its environment, and those of its file as it is now."""

    def __init__(self, settings: Settings) -> None:
        given = settings.api_key
        self._ours = (Key(OF_ENVIRONMENT, SCOPES, digest(given.get_secret_value())),) if given else ()
        self._path = Path(settings.keys)
        self._seen = _look(self._path)
        self._kept = read(self._path)

    def all(self) -> tuple[Key, ...]:
        """Every key. A file that cannot be read any more lets nobody in, and the log says what is wrong with it."""
        seen = _look(self._path)
        if seen != self._seen:
            self._seen = seen
            try:
                self._kept = read(self._path)
            except SettingsError as error:
                _log.error("No key of the file is accepted: %s", error)
                self._kept = ()
        return (*self._ours, *self._kept)

    def find(self, presented: str) -> Key | None:
        """The key that somebody presents. Takes as long for any other: each is compared, and in constant time."""
        given, found = digest(presented), None
        for key in self.all():
            if hmac.compare_digest(key.digest, given):
                found = key
        return found


def digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def add(path: Path, name: str, scopes: Iterable[Scope], today: date) -> str:
    """A new key in the file, and what to present. Raises SettingsError for a name that is taken or none."""
    keys = read(path)
    if not _NAME.fullmatch(name):
        raise SettingsError(f"{name[:60]!r} names no key; use up to 40 small letters, digits and hyphens.")
    if any(key.name == name for key in keys):
        raise SettingsError(f"{path}: there is a key {name!r} already; remove it first, or choose another name.")
    made = PREFIX + secrets.token_urlsafe(32)
    write(path, (*keys, Key(name, tuple(dict.fromkeys(scopes)), digest(made), today)))
    return made


def remove(path: Path, name: str) -> None:
    """Take a key out of the file. Raises NotFoundError where there is none of that name."""
    keys = read(path)
    left = [key for key in keys if key.name != name]
    if len(left) == len(keys):
        raise NotFoundError(f"{path}: there is no key {name[:60]!r}; playhead keys list shows those there are.")
    write(path, left)


def read(path: Path) -> tuple[Key, ...]:
    """The keys of a file, none where there is no file. Raises SettingsError saying what is wrong with it."""
    try:
        with path.open("rb") as file:
            text = file.read(MOST_BYTES + 1)
        stated = tomllib.loads(text.decode()) if len(text) <= MOST_BYTES else None
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror or error}.") from error
    except ValueError as error:  # neither what TOML says of itself nor UTF-8 quotes a line of the file
        raise SettingsError(f"{path}: this is not TOML: {error}; keep it with playhead keys.") from None
    entries = stated.get("key", []) if stated is not None and stated.keys() <= {"key"} else None
    if not isinstance(entries, list):
        raise SettingsError(f"{path}: this is no file of keys; keep it with playhead keys.")
    keys = tuple(_key(path, number, entry) for number, entry in enumerate(entries, 1))
    if len({key.name for key in keys}) < len(keys):
        raise SettingsError(f"{path}: two keys have one name; remove one of them.")
    return keys


def write(path: Path, keys: Iterable[Key]) -> None:
    """Put these keys in the file's place, for its owner alone: whoever reads it sees the old one or the new."""
    text = "# Kept by `playhead keys`. A hash does not give its key away.\n" + "".join(map(_entry, keys))
    path = path.resolve()
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        aside.touch(0o600, exist_ok=False)
        with aside.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise SettingsError(f"{path}: cannot be written: {error.strerror or error}; set PLAYHEAD_KEYS.") from error


def _key(path: Path, number: int, entry: object) -> Key:
    match entry:
        case {"name": str(name), "scopes": [*scopes], "sha256": str(sha256), "created": date() as created} if (
            _NAME.fullmatch(name)
            and _DIGEST.fullmatch(sha256)
            and scopes
            and all(scope in SCOPES for scope in scopes)
            and not isinstance(created, datetime)
        ):
            return Key(name, tuple(scopes), sha256, created)
    raise SettingsError(
        f"{path}: key number {number} is not as playhead keys writes one: name, scopes ({', '.join(SCOPES)}), "
        "sha256 and created."
    )


def _entry(key: Key) -> str:
    scopes = ", ".join(f'"{scope}"' for scope in key.scopes)
    return f'\n[[key]]\nname = "{key.name}"\nscopes = [{scopes}]\nsha256 = "{key.digest}"\ncreated = {key.created}\n'


def _look(path: Path) -> tuple[int, int, int] | None:
    """What changes when a file does."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size
