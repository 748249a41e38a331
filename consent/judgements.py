"""Which flags ask for a person's judgement rather than for a system's value to change."""

from consent.models import Decision
from consent.rules import Code

# Writing to systems does not take their evidence away, so the answer itself settles them, for as long as the
# evidence stays what it was. All others are gone when the systems say what is agreed.
JUDGEMENTS = frozenset(
    {
        Code.STOP_OVERRIDE_ATTEMPT,
        Code.POST_STOP_SEND,
        Code.NUMBER_REASSIGNED,
        Code.PER_SE_KEYWORD_MISSED,
        Code.FREETEXT_REVOCATION,
        Code.IMPORT_NO_EVIDENCE,
        Code.PROGRAM_SCOPE_LEAK,
        Code.WORDING_MISMATCH,
        Code.CONFIRMATION_RULE,
        Code.ORDER_AMBIGUOUS,
        Code.TIMESTAMP_SUSPECT,
        Code.UNEVIDENCED_OPT_OUT,
        Code.AMBIGUOUS_YES,
        Code.UNCLEAR_REPLY,
        Code.CARRIER_BLOCK,
        Code.DOI_STALE,
        Code.OPTOUT_CARRIED_TO_NEW_NUMBER,
    }
)

# About no system alone: whatever is written for the number and program is written for it, too.
ABOUT_ALL_SYSTEMS = frozenset({Code.SLA_BREACH})

# A setting outlives the value it wrote: it is decided on by itself, never along with the value.
ABOUT_SETTINGS = frozenset({Code.OVERWRITE_SETTING_RISK})

# Decisions that add nothing to the ledger and write nothing.
PUT_ASIDE = frozenset({Decision.WAIVE, Decision.ESCALATE})
