"""What this machine has, as a person wants to see it before answering questions; nothing is changed."""
