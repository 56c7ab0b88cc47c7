"""What every test of the project gets: explained asserts in support code."""

import pytest

pytest.register_assert_rewrite("support")
