"""Training of neural policies by automatic differentiation, with PyTorch (extra `rl`); nothing here is needed to act.

Networks are lists of arrays [weight, bias, weight, bias, …], as `gait.policy.Network` has them; float64, one thread and
no random numbers of torch's own, so that the same seed gives the same run.
"""
