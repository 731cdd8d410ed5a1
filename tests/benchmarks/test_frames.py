from benchmarks.frames import PING, TEXT, encode, split

SHORT = b"\x81\x05hello"
LONG = b"\x81\x7e\x01\x00" + b"x" * 256


def test_frames_in_one_read_are_told_apart() -> None:
    frames, rest = split(SHORT + LONG + b"\x89\x00")

    assert frames == ((TEXT, b"hello"), (TEXT, b"x" * 256), (PING, b""))
    assert rest == b""


def test_a_frame_cut_anywhere_waits_for_its_rest() -> None:
    for whole in (SHORT, LONG):
        for cut in range(len(whole)):
            assert split(whole[:cut]) == ((), whole[:cut])


def test_a_client_frame_is_masked_with_a_key_that_changes_nothing() -> None:
    assert encode(TEXT, b"hello") == b"\x81\x85\x00\x00\x00\x00hello"
