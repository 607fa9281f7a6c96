"""Many runs against each other: `experiment` runs them, `statistics` computes, `plots` draws."""
