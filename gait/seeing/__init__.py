"""A quadruped that walks to a ball it sees: world, camera, policy, trials, training, judging, film.

Read in this order: `world` → `camera` → `walker` → `policy` → `trials` → `judge` → `train` → `learn` → `ledger` →
`film`. All but `learn` (PyTorch, extra `rl`) work without extras.
"""
