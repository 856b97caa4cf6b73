"""Everything that helps somebody else to see what is wrong with a cloud, in one file without secrets."""
