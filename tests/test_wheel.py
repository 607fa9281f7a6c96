"""The models are found wherever the package is: in this checkout, and in an installed wheel."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import gait
from gait.models import model_path

ROOT = Path(__file__).parents[1]
MODELS = sorted(p.relative_to(ROOT / "models").as_posix() for p in (ROOT / "models").rglob("*") if p.is_file())

LOAD = """
import sys
from pathlib import Path
import mujoco
import gait
from gait.models import model_path
from gait.robots import OWN, ROBOTS, about_robot, find_robot
home = Path(sys.argv[1])
assert Path(gait.__file__).is_relative_to(home), gait.__file__
for name in sys.argv[2:]:
    path = model_path(name)
    assert path.is_relative_to(home / "gait" / "models"), path
    if name.endswith(".xml"):
        assert mujoco.MjModel.from_xml_path(str(path)).nbody > 1
    print(name)
for name in ROBOTS:  # other robots' models are elsewhere, and may be on this machine or not
    assert about_robot(name)
find_robot(OWN)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of this checkout, built without the network."""
    for needed in ("build", "hatchling"):
        if importlib.util.find_spec(needed) is None:
            pytest.skip(f"building a wheel without the network needs {needed} installed here")
    if not (ROOT / "pyproject.toml").exists():
        pytest.skip("the tests are not in a checkout")
    out = tmp_path_factory.mktemp("wheel")
    words = ["-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, cwd=out, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = out.glob("gaitopt-*.whl")
    return built


def test_there_are_models():
    assert "quadruped/ers210.xml" in MODELS


def test_the_wheel_has_the_package_the_models_and_the_command(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    sources = {p.relative_to(ROOT).as_posix() for p in (ROOT / "gait").rglob("*.py")}
    assert sources <= names
    assert {f"gait/models/{name}" for name in MODELS} <= names
    assert {name.split("/")[0] for name in names} == {"gait", f"gaitopt-{gait.__version__}.dist-info"}
    points = zipfile.ZipFile(wheel).read(f"gaitopt-{gait.__version__}.dist-info/entry_points.txt").decode()
    assert "gait = gait.cli:main" in points


def test_an_installed_wheel_loads_its_own_models(wheel, tmp_path):
    home = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(home)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    done = subprocess.run(
        [sys.executable, "-c", LOAD, home, *MODELS], capture_output=True, text=True, cwd="/", check=False,
        env={**environment, "PYTHONPATH": str(home)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == MODELS


def test_a_checkout_finds_them_beside_the_package():
    for name in MODELS:
        assert model_path(name).read_bytes() == (ROOT / "models" / name).read_bytes()


def test_models_that_are_not_there_are_named():
    with pytest.raises(FileNotFoundError, match=r"no model 'quadruped/spot.xml' in"):
        model_path("quadruped/spot.xml")
