"""Verify: generate a reference on this install as it is set up, and say whether the picture is the published one.

Nothing of the person's is touched: foxup starts a server of its own with a copy of the settings (or uses the one that
`foxup start` left running, and waits its turn), and every setting that shapes a picture is sent with the request.
"""

from foxup.verify.flow import Session, verify
from foxup.verify.model import Asked, Source, Verification
from foxup.verify.needs import Need, missing
from foxup.verify.published import published_picture

__all__ = ["Asked", "Need", "Session", "Source", "Verification", "missing", "published_picture", "verify"]
