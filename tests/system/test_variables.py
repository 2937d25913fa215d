# ruff: noqa: SIM905 - a list of names reads best as one text
from __future__ import annotations

import pytest

from foxup.system.variables import clean_environment

REMOVED = """
VIRTUAL_ENV VIRTUAL_ENV_PROMPT PYTHONPATH PYTHONHOME PYTHON __PYVENV_LAUNCHER__ CONDA_PREFIX CONDA_DEFAULT_ENV
PIP_INDEX_URL PIP_TARGET PIP_REQUIRE_VIRTUALENV UV_PYTHON UV_PROJECT UV_PROJECT_ENVIRONMENT UV_SYSTEM_PYTHON UV_OVERRIDE
PYENV_VERSION GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_ASKPASS COMMANDLINE_ARGS TORCH_COMMAND
HF_TOKEN HUGGING_FACE_HUB_TOKEN CIVITAI_TOKEN GITHUB_TOKEN CIVITAI_API_KEY DB_PASSWORD MY_SECRET AWS_SECRET_ACCESS_KEY GH_PAT
""".split()
KEPT = """
PATH HOME TEMP SystemRoot LANG LD_LIBRARY_PATH HTTP_PROXY https_proxy SSL_CERT_FILE REQUESTS_CA_BUNDLE HF_HOME
UV_CACHE_DIR UV_DEFAULT_INDEX UV_INDEX_URL GIT_SSL_CAINFO GIT_CONFIG_COUNT TOKENIZERS_PARALLELISM CUDA_VISIBLE_DEVICES
HSA_OVERRIDE_GFX_VERSION XDG_RUNTIME_DIR
""".split()


@pytest.mark.parametrize("name", REMOVED)
def test_another_projects_settings_and_secrets_do_not_pass(name: str) -> None:
    assert name not in clean_environment(base={name: "x"})


@pytest.mark.parametrize("name", KEPT)
def test_the_machines_own_settings_pass(name: str) -> None:
    assert clean_environment(base={name: "x"})[name] == "x"


def test_children_print_utf8_and_never_ask() -> None:
    got = clean_environment(base={"PYTHONIOENCODING": "cp1251"})
    assert got["PYTHONUTF8"] == "1"
    assert got["PYTHONIOENCODING"] == "utf-8"
    assert got["GIT_TERMINAL_PROMPT"] == "0"
    assert got["GCM_INTERACTIVE"] == "never"


def test_a_proxy_is_not_asked_for_this_machine() -> None:
    got = clean_environment(base={"NO_PROXY": "corp.local, localhost"})
    assert got["NO_PROXY"] == got["no_proxy"] == "corp.local,localhost,127.0.0.1,::1"


def test_what_the_caller_names_the_child_gets() -> None:
    assert (
        clean_environment({"PIP_INDEX_URL": "x", "PYTHONUTF8": "0"}, base={}).items()
        >= {"PIP_INDEX_URL": "x", "PYTHONUTF8": "0"}.items()
    )


def test_the_callers_own_variables_stay_untouched() -> None:
    base = {"PIP_INDEX_URL": "x"}
    clean_environment(base=base)
    assert base == {"PIP_INDEX_URL": "x"}
