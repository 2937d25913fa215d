"""A smaller file is not a cut off one: its own header decides."""

from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import save_file

from foxup.pictures.evidence import Evidence, FileEvidence
from foxup.pictures.explain_files import file_findings
from foxup.system.download import content


@pytest.mark.parametrize(
    ("keep", "whole", "code"), [(1.0, True, "img-wrong-model"), (0.5, False, "safetensors-incomplete")]
)
def test_another_checkpoint_and_a_truncated_one(tmp_path, keep, whole, code):
    path = tmp_path / "x.safetensors"
    save_file({"a": np.zeros((100, 100), np.float32)}, path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    assert content.whole(path) is whole
    item = FileEvidence("checkpoint", path.name, path.stat().st_size, "0" * 64, len(data) + 100, "1" * 64, whole)
    assert [found.code for found in file_findings(Evidence(files=(item,)))] == [code]


def test_other_files_are_not_looked_into(tmp_path):
    assert content.whole(tmp_path / "model.ckpt") is None
    assert content.whole(tmp_path / "missing.safetensors") is None
