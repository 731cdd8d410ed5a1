"""Parts of the Content-Security-Policy that depend on other settings."""

from urllib.parse import urlsplit


def tile_origins(url: str) -> list[str]:
    """Return where the images of a tile server come from; `{s}` stands for its subdomains."""
    if not url:
        return []
    parts = urlsplit(url.replace("{s}", "*"))
    return [f"{parts.scheme}://{parts.netloc}"]
