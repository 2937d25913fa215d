"""pip's own configuration, read from what pip prints."""

from __future__ import annotations

from foxup.system import pip_config


def test_variables_win_over_files():
    text = (
        ":env:.index-url='https://two.example/simple'\n"
        "global.index-url='https://one.example/simple'\n"
        "install.find-links='/wheels /more'\nnonsense\nglobal.broken='\n"
    )
    assert pip_config.parse(text) == {"index-url": "https://two.example/simple", "find-links": "/wheels /more"}


def test_wheels_are_found_in_folders_and_file_addresses(tmp_path):
    folder = tmp_path / "my wheels"
    folder.mkdir()
    (folder / "torch-2.13.0+cpu-cp311.whl").write_text("")
    (folder / "notes.txt").write_text("")
    assert pip_config.wheel_names((str(folder),)) == ("torch-2.13.0+cpu-cp311.whl",)
    assert pip_config.wheel_names((folder.as_uri(), "https://example.org/", "/nowhere")) == (
        "torch-2.13.0+cpu-cp311.whl",
    )
