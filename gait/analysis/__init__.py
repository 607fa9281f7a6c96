"""Analysis: what a gait is, measured from a recorded trial; nothing is simulated."""
