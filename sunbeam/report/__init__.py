"""A change as a page that can be read anywhere: what was done when, what took long, what failed."""
