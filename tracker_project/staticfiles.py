"""Static files of production: names that carry a hash of the content, so browsers keep them."""

from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Hashes the paths in ES modules' imports too; each import must end in a semicolon."""

    support_js_module_import_aggregation = True
    # A module gets its final hash after those that it imports: one pass for each level.
    max_post_process_passes = 20

    def hashed_name(self, name: str, content: Any = None, filename: str | None = None) -> str:
        # The Leaflet packages mention source maps that they do not hold.
        if name.endswith(".map") and not self.exists(name):
            return name
        return super().hashed_name(name, content, filename)
