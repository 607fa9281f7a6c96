"""Reports to read: `runs` finds, `numbers` computes, `words`, `tables` and `pictures` tell, `pages` puts in order."""
