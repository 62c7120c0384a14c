"""The whole stack with one command: `make run`. Nothing here needs Django's settings; it makes them."""
