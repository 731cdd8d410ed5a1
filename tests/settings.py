"""Settings of the tests: the project's, with an in-memory layer and quick passwords.

Without DATABASE_URL the tests run on SQLite; with it on that PostgreSQL, in a test database.
"""

import os

os.environ.setdefault("SECRET_KEY", "only for tests")
os.environ.setdefault("DATABASE_URL", "sqlite://:memory:")

from tracker_project.settings import *

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels.layers.memory.InMemoryChannelLayer",
        "ROUTING": CHANNEL_LAYERS["default"]["ROUTING"],
    },
}
INSTALLED_APPS = [*INSTALLED_APPS, "channels.delay", "tests.support.boards"]
# The test client logs in without a request, which the counting of failed log-ins would need.
AXES_ENABLED = False
