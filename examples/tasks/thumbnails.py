"""Thumbnails of a picture, as files beside it."""

import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import PurePath

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from PIL import Image

SIZES = (64, 128, 256, 512)

# A task may run twice, when its worker died in the middle: the second writes what the first did.
storage = FileSystemStorage(allow_overwrite=True)


def make_thumbnails(picture: str, pause_seconds: float = 0) -> Iterator[str]:
    """Make a thumbnail of each size and yield its address when it is there.

    Arguments:
        picture: name of the file in the storage.
        pause_seconds: rest before each, so that one can watch.

    Raises:
        OSError: the file is gone, cut off, or no picture.
    """
    for size in SIZES:
        time.sleep(pause_seconds)
        with storage.open(picture) as file, Image.open(file) as image:
            image.thumbnail((size, size))
            made = BytesIO()
            image.convert("RGB").save(made, "WEBP")
        name = f"thumbnails/{PurePath(picture).stem}-{size}.webp"
        yield storage.url(storage.save(name, ContentFile(made.getvalue())))
