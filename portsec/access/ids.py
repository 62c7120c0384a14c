"""Primary keys: UUIDv7, so that new rows are near each other in every index and nothing counts aloud."""

import uuid

import uuid_utils.compat


def new_id() -> uuid.UUID:
    made: uuid.UUID = uuid_utils.compat.uuid7()
    return made
