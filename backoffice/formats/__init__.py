"""How the admin writes moments: on the staff's clock, always with the zone's name (FORMAT_MODULE_PATH)."""
