import pytest

from .films import texts


@pytest.fixture
def films():
    """Return one dataset of texts."""
    return {"films": {"train": texts(80), "validation": texts(20, 1), "test": texts(30, 2)}}
