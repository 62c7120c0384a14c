from portsec.problems import Fault, Refused


class OutboundError(Exception):
    """A call that was not made, or brought no answer. The message is for a person; `code` for a program.

    `permanent`: trying the same again is no use until somebody changes the address.
    """

    def __init__(self, message: str, code: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.permanent = permanent

    def refusal(self, field: str) -> Refused:
        """For a form that asked for the address in `field`."""
        return Refused(Fault(field, str(self), self.code))
