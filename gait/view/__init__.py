"""Drawing what was walked: videos and foot paths; recorded trials come in, nothing is simulated here."""
