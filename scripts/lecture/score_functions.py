"""Score functions ∂ log π / ∂ θ of the two policies of the lecture, closed form beside numeric.

    python scripts/lecture/score_functions.py

Softmax over four actions, and the linear Gaussian that the walkers use. No picture. A second.
"""

from __future__ import annotations

import numpy as np

from gait.lecture.densities import worst_errors


def main() -> None:
    """Compare and print."""
    print(f"{'score':<34}largest relative error against central differences, 100 random policies")
    for name, error in worst_errors(100, np.random.default_rng(0)).items():
        print(f"{name:<34}{error:.1e}")


if __name__ == "__main__":
    main()
