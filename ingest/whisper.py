"""Whisper on this machine, behind one function: the only code that knows faster-whisper.

It comes with the extra ``playhead[transcribe]``, https://github.com/SYSTRAN/faster-whisper. The model is a folder that
the operator brings. Nothing is downloaded, though faster-whisper would fetch a tokenizer that the folder lacks.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from playhead.errors import InputError, ModelError

REMEDY = "pip install 'playhead[transcribe]'"
MODEL_FILES = ("model.bin", "config.json", "tokenizer.json")

Hearing = dict[str, Any]
"""What Whisper writes as JSON: ``segments`` with seconds, text, words, and the figures it judges itself by."""
Progress = Callable[[float, float], None]
"""Told how many seconds of the sound are heard, of how many."""


class Transcriber(Protocol):
    """Turns sound into words with times."""

    def hear(self, sound: Path, language: str | None, progress: Progress) -> Hearing:
        """What is said in ``sound``. Raises InputError for what is no sound, or in a language it does not know."""


class WhisperTranscriber:
    """faster-whisper with the CTranslate2 model in ``folder``; ``threads`` as many as there are where None.

    Raises ModelError where the extra is not installed or the folder holds no such model.
    """

    def __init__(self, folder: str | None, threads: int | None = None) -> None:
        if find_spec("faster_whisper") is None:
            raise ModelError(f"To transcribe takes faster-whisper, and it is not installed; {REMEDY}.")
        if folder is None:
            raise ModelError("PLAYHEAD_WHISPER_MODEL is not set; name the folder of a Whisper model for CTranslate2.")
        missing = [name for name in MODEL_FILES if not (Path(folder) / name).is_file()]
        if missing:
            raise ModelError(
                f"PLAYHEAD_WHISPER_MODEL: {folder} is no Whisper model for CTranslate2, it has no "
                f"{' and no '.join(missing)}; nothing is downloaded, so name a folder that holds them."
            )
        import ctranslate2
        from faster_whisper import WhisperModel

        ctranslate2.set_log_level(logging.ERROR)  # that it computes in another precision is no news
        try:
            self._model = WhisperModel(folder, compute_type="auto", cpu_threads=threads or 0, local_files_only=True)
        except (RuntimeError, ValueError, OSError) as error:
            raise ModelError(f"PLAYHEAD_WHISPER_MODEL: {folder} cannot be loaded ({error}); copy it anew.") from None
        self._name = Path(folder).resolve().name

    def hear(self, sound: Path, language: str | None, progress: Progress) -> Hearing:
        import av

        known = self._model.supported_languages
        spoken = (language or "").casefold().replace("_", "-").partition("-")[0] or None
        if spoken is not None and spoken not in known:
            listed = ", ".join(known[:5]) + (f" and {len(known) - 5} more" if len(known) > 5 else "")
            raise InputError(f"{sound}: is in {spoken!r}, and the model {self._name} knows {listed}; bring another.")
        try:
            # Each half minute by itself: what it made up in one is then not said again in the next.
            segments, told = self._model.transcribe(
                str(sound), language=spoken, word_timestamps=True, vad_filter=True, condition_on_previous_text=False
            )
            heard = []
            for segment in segments:
                progress(min(segment.end, told.duration), told.duration)
                heard.append(_as_written(segment))
        except (av.FFmpegError, IndexError, ValueError) as error:
            raise InputError(f"{sound}: this is no sound that can be played ({error}); listen to it.") from None
        return {"language": told.language, "duration": round(told.duration, 3), "segments": heard}


def _as_written(segment: Any) -> dict[str, Any]:
    """A segment as openai-whisper writes it."""
    return {
        "id": segment.id,
        "start": round(segment.start, 3),
        "end": round(segment.end, 3),
        "text": segment.text,
        "avg_logprob": round(segment.avg_logprob, 4),
        "compression_ratio": round(segment.compression_ratio, 4),
        "no_speech_prob": round(segment.no_speech_prob, 4),
        "words": [
            {
                "word": word.word,
                "start": round(float(word.start), 3),
                "end": round(float(word.end), 3),
                "probability": round(float(word.probability), 4),
            }
            for word in segment.words or ()
        ],
    }
