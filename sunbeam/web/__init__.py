"""The web view: one page over TLS that shows this node, and sets it up where there is no cloud yet."""
