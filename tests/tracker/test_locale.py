"""The translations: complete, and compiled from what is in the sources."""

import gettext
import re
from pathlib import Path

import pytest
from django.utils import translation

import tracker
from tracker.models import Severity

FOLDER = Path(tracker.__file__).parent / "locale" / "es" / "LC_MESSAGES"
# Comments, then msgid with one or more lines, then every msgstr.
ENTRY = re.compile(
    r'^msgid ((?:".*"\n)+)(?:msgid_plural (?:".*"\n)+)?((?:msgstr.*\n(?:".*"\n)*)+)', re.MULTILINE
)


def entries(domain: str) -> dict[str, list[str]]:
    """The texts of a source file, each with its translations."""
    text = (FOLDER / f"{domain}.po").read_text() + "\n"
    return {
        _joined(source): [_joined(part) for part in translated.split("msgstr")[1:]]
        for source, translated in ENTRY.findall(text)
        if _joined(source)
    }


def _joined(quoted: str) -> str:
    parts = re.findall(r'"((?:[^"\\]|\\.)*)"', quoted)
    return "".join(parts).replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")


@pytest.mark.parametrize("domain", ["django", "djangojs"])
def test_every_text_is_translated(domain):
    assert [source for source, translated in entries(domain).items() if "" in translated] == []


@pytest.mark.parametrize("domain", ["django", "djangojs"])
def test_what_is_compiled_is_what_is_in_the_sources(domain):
    with (FOLDER / f"{domain}.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    singular = {text: found for text, found in entries(domain).items() if len(found) == 1}
    wrong = [text for text, [found] in singular.items() if compiled.gettext(text) != found]
    assert wrong == []


@pytest.mark.parametrize("domain", ["django", "djangojs"])
def test_a_translation_names_the_same_values(domain):
    def names(text: str) -> set[str]:
        return set(re.findall(r"%\(\w+\)s", text))

    wrong = [
        source
        for source, [*translated] in entries(domain).items()
        if len(translated) == 1 and names(source) != names(translated[0])
    ]
    assert wrong == []


def test_a_page_is_spanish_for_who_asks_for_it(client, db):
    response = client.get("/report/", HTTP_ACCEPT_LANGUAGE="es")
    assert response["Content-Language"] == "es"


def test_labels_follow_the_language():
    with translation.override("es"):
        assert str(Severity.URGENT.label) == "Urgente"
