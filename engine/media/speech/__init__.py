"""Speech on a call: what the caller says becomes words and readings, away from the event loop.

Needs the extra `speech`. pipecat is imported quietly: its banner and its debug log would go to stderr, and
of the `audioop` that it imports nobody here needs to hear that it is deprecated.
"""

import contextlib
import warnings

with contextlib.suppress(ImportError):
    import loguru

    loguru.logger.disable("pipecat")

with warnings.catch_warnings(), contextlib.suppress(ImportError):
    warnings.simplefilter("ignore", DeprecationWarning)
    import audioop  # noqa: F401
