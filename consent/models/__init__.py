from consent.models.agreed import AgreedStatus, Terms, Touched
from consent.models.connection import Connection
from consent.models.correction import Correction, Decision, ReasonCode, WriteBack
from consent.models.flag import Flag, FlagEvent, Hold, StaleFlag
from consent.models.ledger import ConsentRecord, Reading
from consent.models.mention import Mention
from consent.models.outbound import DeliveryEvent, HoldPush
from consent.models.people import Contact, Number, SystemRecord
from consent.models.program import Notice, Program, Sender, Wording
from consent.models.sending import SendAfterStop
from consent.models.suppression import SuppressionChange, SuppressionExport, SuppressionFeed

__all__ = [
    "AgreedStatus",
    "Connection",
    "ConsentRecord",
    "Contact",
    "Correction",
    "Decision",
    "DeliveryEvent",
    "Flag",
    "FlagEvent",
    "Hold",
    "HoldPush",
    "Mention",
    "Notice",
    "Number",
    "Program",
    "Reading",
    "ReasonCode",
    "SendAfterStop",
    "Sender",
    "StaleFlag",
    "SuppressionChange",
    "SuppressionExport",
    "SuppressionFeed",
    "SystemRecord",
    "Terms",
    "Touched",
    "Wording",
    "WriteBack",
]
