"""What is said of a language, and of a model's languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from playhead.embedding import read_languages
from playhead.languages import standings


@pytest.mark.parametrize(
    ("folder", "card", "languages"),
    [
        ("small", "---\nlanguage: en\ntags:\n- x\n---\n# A model", ("en",)),
        ("small", "---\ntags:\n- x\nlanguage:\n  - de\n  - en-GB\nlicense: mit\n---\n", ("de", "en")),
        ("small", "---\nlanguage: [fr, it]\n---\n", ("fr", "it")),
        ("small", "---\nlanguage: multilingual\n---\n", ("multilingual",)),
        ("paraphrase-Multilingual-small", "# no card", ("multilingual",)),
        ("small", "---\nlicense: mit\n---\nlanguage: en", None),
        ("small", None, None),
    ],
)
def test_a_model_s_languages_are_those_of_its_card(tmp_path: Path, folder: str, card: str | None, languages: object):
    (tmp_path / folder).mkdir()
    if card is not None:
        (tmp_path / folder / "README.md").write_text(card, encoding="utf-8")

    assert read_languages(tmp_path / folder) == languages


def test_a_language_is_known_unknown_or_not_to_be_told():
    def meanings(*model: str) -> list[bool | None]:
        return [each.meaning for each in standings(["en", "en-US", "ja", None], model or None)]

    assert meanings("en") == [True, None, False]
    assert meanings("multilingual") == [True, True, True]
    assert meanings() == [None, None, None]
    assert [(each.language, each.episodes) for each in standings(["en_us", "ja", "EN"], None)] == [("en", 2), ("ja", 1)]
