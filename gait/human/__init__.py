"""The human: muscles, reflexes, metabolics, respirometry, participants."""
