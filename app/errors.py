"""Everything the application refuses, as one tree.

MahalleError                what happened and what to do, by message key in the person's language
+-- SetupError              the machine or the installation lacks something
|   +-- ServerError         PostgreSQL cannot be started or reached
|   +-- SchemaError         the store is older or newer than the application
|   +-- KeyFileError        the key file is missing, damaged or not the right one
+-- RefusedError            the request is understood and not allowed as it stands
|   +-- MixedDataError      demonstration and real data may not meet
|   +-- ForbiddenError      the person's role may not do this
+-- SignedOutError          nobody is signed in, or the session has ended
+-- BusyError               somebody else is doing this now
"""


class MahalleError(Exception):
    """A failure with a message key and its fields; `app.i18n` says it in Turkish or English."""

    def __init__(self, key: str, /, **fields: object) -> None:
        super().__init__(key + (f" {fields}" if fields else ""))
        self.key = key
        self.fields = fields


class SetupError(MahalleError):
    """The machine or the installation lacks something."""


class ServerError(SetupError):
    """PostgreSQL cannot be started or reached."""


class SchemaError(SetupError):
    """The store is older or newer than the application."""


class KeyFileError(SetupError):
    """The key file is missing, damaged or not the right one."""


class RefusedError(MahalleError):
    """The request is understood and not allowed as it stands."""


class MixedDataError(RefusedError):
    """Demonstration and real data may not meet."""


class ForbiddenError(RefusedError):
    """The person's role may not do this."""


class SignedOutError(MahalleError):
    """Nobody is signed in, or the session has ended."""


class BusyError(MahalleError):
    """Somebody else is doing this now."""
