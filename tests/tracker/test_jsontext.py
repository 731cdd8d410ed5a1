import pytest

from tracker import jsontext


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1, null]}', {"a": [1, None]}),
        (b'\xef\xbb\xbf"\xc3\xa9"', "é"),
        (r'"\ud83d\ude00 \u00e9"', "😀 é"),
        (r'"\\ud800"', r"\ud800"),
    ],
)
def test_json_is_read(text, value):
    assert jsontext.read(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "NaN",
        "[-Infinity]",
        "[" * 100_000,
        "1" * 5000,
        b"\xff",
        b'"\xed\xa0\x80"',
        r'"\ud800"',
        r'{"\udc00": 1}',
    ],
    ids=lambda text: repr(text)[:20],
)
def test_what_cannot_be_sent_on_is_refused(text):
    with pytest.raises(ValueError, match="."):
        jsontext.read(text)
