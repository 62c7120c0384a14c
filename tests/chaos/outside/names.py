"""Who behaves badly in this proof, and where each is told."""

HANGS, FAILS, GONE, REDIRECTS = (f"Storm port {number:02}" for number in range(4))
OUTSIDER = "Storm outsider"


def path_of(name: str) -> str:
    return "/" + name.lower().replace(" ", "-")


def mailbox_of(name: str) -> str:
    return path_of(name)[1:] + "@storm.example"
