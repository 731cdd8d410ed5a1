"""The name that `channels.test` had before 1.1."""

import warnings

from channels.test import *  # noqa: F403

warnings.warn("channels.tests is deprecated; import channels.test.", DeprecationWarning, 2)
