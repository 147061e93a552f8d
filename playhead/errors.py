"""What can go wrong, and what to do about it: every message names the thing and the remedy.

PlayheadError
├── InvalidQueryError          the question cannot be asked              usage, 2
├── SettingsError              the configuration does not fit            3
│   ├── ModelError             no usable embedding model
│   ├── EmbeddingMismatchError the index was made with another model
│   └── ForeignLibraryError    not a library, or a newer one's
├── InputError                 what was given cannot be read             4
│   ├── FetchError             this address is refused, or does not give
│   ├── TranscriptError        this place of this file
│   ├── NotesError             these show notes cannot be linked
│   ├── UnknownFormatError     no format claims the file
│   └── AmbiguousFormatError   several do
├── NotFoundError              no such episode or segment                1
└── EngineError                the library cannot be kept or read        1
    ├── NoLibraryError         nothing was ever ingested there
    ├── LockedError            somebody else is writing
    ├── BusyError              too much is waiting already
    ├── StorageError           disk full, read-only, out of handles
    └── DamagedError           files do not match their checksums
"""

from __future__ import annotations


class PlayheadError(Exception):
    """Anything Playhead refuses to do, in one sentence a person can act on."""

    exit_code = 1


class InvalidQueryError(PlayheadError):
    """The question or a filter cannot be asked; ``parameter`` names which."""

    exit_code = 2

    def __init__(self, message: str, parameter: str = "q") -> None:
        super().__init__(message)
        self.parameter = parameter


class SettingsError(PlayheadError):
    """The configuration does not fit."""

    exit_code = 3


class ModelError(SettingsError):
    """No embedding model that may be used."""


class EmbeddingMismatchError(SettingsError):
    """The index was made with another model than the one that is loaded."""


class ForeignLibraryError(SettingsError):
    """The file is not a Playhead library, or one made by a newer Playhead."""


class InputError(PlayheadError):
    """What was given cannot be read."""

    exit_code = 4


class FetchError(InputError):
    """An address that may not be asked, or does not give what it should."""


class TranscriptError(InputError):
    """A file that cannot be used, and the place in it."""

    def __init__(self, message: str, path: str | None = None, line: int | None = None) -> None:
        place = "" if path is None else f"{path}: " if line is None else f"{path}:{line}: "
        super().__init__(f"{place}{message}")
        self.message = message
        self.path = path
        self.line = line


class NotesError(InputError):
    """Show notes that cannot be linked."""


class UnknownFormatError(TranscriptError):
    """No format claims the file."""


class AmbiguousFormatError(TranscriptError):
    """More than one format claims the file."""


class NotFoundError(PlayheadError):
    """No such episode or segment."""


class EngineError(PlayheadError):
    """The library cannot be kept or read."""


class NoLibraryError(EngineError):
    """There is no library there, not even an empty one."""


class LockedError(EngineError):
    """Another process is writing to this library."""


class BusyError(EngineError):
    """So much waits to be done that no more is taken."""


class StorageError(EngineError):
    """The disk is full, read-only, or out of reach."""


class DamagedError(EngineError):
    """Files of the library do not match their checksums."""
