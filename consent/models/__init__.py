from consent.models.agreed import AgreedStatus, Touched
from consent.models.correction import Correction, Decision, ReasonCode, WriteBack
from consent.models.flag import Flag, FlagEvent, Hold, StaleFlag
from consent.models.ledger import ConsentRecord, Reading
from consent.models.people import Contact, Number, SystemRecord
from consent.models.program import Program, Sender, Wording
from consent.models.sending import SendAfterStop

__all__ = [
    "AgreedStatus",
    "ConsentRecord",
    "Contact",
    "Correction",
    "Decision",
    "Flag",
    "FlagEvent",
    "Hold",
    "Number",
    "Program",
    "Reading",
    "ReasonCode",
    "SendAfterStop",
    "Sender",
    "StaleFlag",
    "SystemRecord",
    "Touched",
    "Wording",
    "WriteBack",
]
