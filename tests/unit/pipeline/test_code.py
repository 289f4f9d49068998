import pytest

from layerwise.pipeline import code


def forget():
    for remembered in (code._imports, code._content, code.digest):
        remembered.cache_clear()


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Make a project of three modules: a imports b when loaded and c only when called."""
    package = tmp_path / "layerwise"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "a.py").write_text("from layerwise import b\n\ndef late():\n    from layerwise import c\n")
    (package / "b.py").write_text("from . import d\n")
    (package / "c.py").write_text("")
    (package / "d.py").write_text("import numpy\n")
    monkeypatch.setattr(code, "SOURCE", tmp_path)
    forget()
    yield package
    forget()


def test_imports_are_followed_at_load_time_only(project):
    assert code.modules("layerwise.a") == ["layerwise", "layerwise.a", "layerwise.b", "layerwise.d"]


def test_skipped_modules_and_what_only_they_import_are_left_out(project):
    assert code.modules("layerwise.a", skip={"layerwise.b"}) == ["layerwise", "layerwise.a"]


@pytest.mark.parametrize(("edited", "changes"), [("d", True), ("c", False)])
def test_the_digest_changes_with_what_is_reached(project, edited, changes):
    before = code.digest("layerwise.a")
    (project / f"{edited}.py").write_text("x = 1\n")
    forget()
    assert (code.digest("layerwise.a") != before) is changes


def test_an_unknown_entry_is_named(project):
    with pytest.raises(ValueError, match=r"'layerwise\.absent' is not part"):
        code.digest("layerwise.absent")


def test_a_model_depends_on_its_own_layers_only():
    skip = code.unused_layers({"Dense", "Conv2D"})
    reached = code.modules("layerwise.nn", skip=skip)
    assert "layerwise.nn.layers.convolution" in reached
    assert "layerwise.nn.layers.core" in reached
    assert "layerwise.nn.layers.pooling" not in reached


def test_training_reaches_no_plot_and_no_other_backend():
    reached = code.modules("layerwise.experiments.__main__", "layerwise.experiments.numpy_backend")
    assert not [name for name in reached if name.startswith(("layerwise.plots", "layerwise.reporting"))]
    assert "layerwise.experiments.keras_backend" not in reached
    keras = code.modules("layerwise.experiments.__main__", "layerwise.experiments.keras_backend", skip={"layerwise.nn"})
    assert [name for name in keras if name.startswith("layerwise.nn")] == ["layerwise.nn.keras_layers"]
