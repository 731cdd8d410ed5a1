"""Tests of channels.interface.upload: a body that stays in its file until somebody asks for it."""

import asyncio
import io

from channels.interface.upload import PART_BYTES, Upload

END = {"type": "http.request", "body": b"", "more_body": False}


def read(upload, count):
    """The next events; those of the server are an empty body and a client that leaves."""

    async def main():
        server = asyncio.Queue()
        server.put_nowait(END)
        server.put_nowait({"type": "http.disconnect"})
        return [await upload.receive(server.get) for _ in range(count)]

    return asyncio.run(main())


def test_it_comes_in_parts_and_ends_with_what_the_server_says():
    body = bytes(range(256)) * (PART_BYTES // 100)
    events = read(Upload(io.BytesIO(body)), 5)
    assert b"".join(event["body"] for event in events[:-1]) == body
    assert max(len(event["body"]) for event in events[:-1]) == PART_BYTES
    assert [event["more_body"] for event in events[:-1]] == [True, True, True, False]
    assert events[-1] == {"type": "http.disconnect"}


def test_to_the_server_it_is_empty():
    upload = Upload(io.BytesIO(b"body"))
    upload.seek(0, 0)
    assert (upload.read(), upload.read(8192)) == (b"", b"")
    assert read(upload, 1)[0]["body"] == b"body"


def test_a_client_that_leaves_in_the_middle_is_no_end_of_the_body():
    upload = Upload(io.BytesIO(bytes(2 * PART_BYTES)))
    assert read(upload, 1)[0]["more_body"]
    upload.close()
    assert upload.closed
    assert read(upload, 1) == [{"type": "http.disconnect"}]
