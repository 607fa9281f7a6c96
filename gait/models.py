"""Where the models are: beside the package in a checkout, inside it in an installed wheel."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def model_path(name: str) -> Path:
    """The file of this name, such as `quadruped/ers210.xml`.

    Raises:
      FileNotFoundError: no such model is shipped.
    """
    package = Path(str(files("gait")))
    for base in (package / "models", package.parent / "models"):
        if (base / name).is_file():
            return base / name
    raise FileNotFoundError(f"no model {name!r} in {package / 'models'} or {package.parent / 'models'}")
