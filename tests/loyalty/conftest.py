import pytest
import swapper


@pytest.fixture
def home_page():
    return swapper.load_model("wagtailcore", "Page").objects.get(depth=2)
