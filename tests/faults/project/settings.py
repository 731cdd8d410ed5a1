"""A project whose consumers can be hit in the middle of their work."""

import json
import os

SECRET_KEY = "only for tests"
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["channels"]
ROOT_URLCONF = "tests.faults.project.urls"
DATABASES = {}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": os.environ["RIG_BACKEND"],
        "CONFIG": json.loads(os.environ["RIG_CONFIG"]),
        "ROUTING": "tests.faults.project.routing.channel_routing",
    },
}
