"""What each command of `gait` asks for, and the call it makes. What things do is said in the modules they call."""
