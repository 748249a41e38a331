"""Staff pages of the consent room: the review queue and its flags, contacts, corrections, holds."""
