import pytest

from layerwise.pipeline import code


def clear_caches():
    for cached in (code._imports, code._content, code.digest):
        cached.cache_clear()


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Create a package in which a imports b when loaded and c only when called, and b imports d."""
    package = tmp_path / "layerwise"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "a.py").write_text("from layerwise import b\n\ndef late():\n    from layerwise import c\n")
    (package / "b.py").write_text("from . import d\n")
    (package / "c.py").write_text("")
    (package / "d.py").write_text("import numpy\n")
    monkeypatch.setattr(code, "SOURCE", tmp_path)
    clear_caches()
    yield package
    clear_caches()


def test_only_imports_at_load_time_are_followed(project):
    assert code.modules("layerwise.a") == ["layerwise", "layerwise.a", "layerwise.b", "layerwise.d"]


def test_skipped_modules_and_their_own_imports_are_excluded(project):
    assert code.modules("layerwise.a", skip={"layerwise.b"}) == ["layerwise", "layerwise.a"]


@pytest.mark.parametrize(("edited", "changes"), [("d", True), ("c", False)])
def test_the_digest_depends_on_imported_modules_only(project, edited, changes):
    before = code.digest("layerwise.a")
    (project / f"{edited}.py").write_text("x = 1\n")
    clear_caches()
    assert (code.digest("layerwise.a") != before) is changes


def test_an_unknown_entry_is_an_error(project):
    with pytest.raises(ValueError, match=r"entry must be a module of this project, got 'layerwise\.absent'"):
        code.digest("layerwise.absent")


def test_a_model_depends_on_its_own_layers_only():
    skip = code.unused_layers({"Dense", "Conv2D"})
    reached = code.modules("layerwise.nn", skip=skip)
    assert "layerwise.nn.layers.convolution" in reached
    assert "layerwise.nn.layers.core" in reached
    assert "layerwise.nn.layers.pooling" not in reached


def test_training_depends_on_no_plot_and_no_other_backend():
    reached = code.modules("layerwise.experiments.__main__", "layerwise.experiments.numpy_backend")
    assert not [name for name in reached if name.startswith(("layerwise.plots", "layerwise.reporting"))]
    assert "layerwise.experiments.keras_backend" not in reached
