"""Make a video of a run: its start and its recommendation, side by side.

    python scripts/render.py RUN [VIDEO]

Draws what was recorded when the two gaits were validated; nothing is simulated again.
"""

import sys

import gait

if len(sys.argv) < 2:
    sys.exit(__doc__)
run = gait.load(sys.argv[1])
print(run.render(sys.argv[2] if len(sys.argv) > 2 else "walk.mp4"))
