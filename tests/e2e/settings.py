"""The project's settings, with static files in a folder of the tests."""

import os

from tracker_project.settings import *

STATIC_ROOT = os.environ["STATIC_ROOT"]
