"""A file as a batch one can see, check, confirm, resume and void.

    receive   bytes → batch, recognised format
    map_columns  which column feeds what; the mapping is saved for the system
    check     read every row, write nothing, say what would follow
    confirm   a person agrees to exactly that
    run       write in chunks; a killed worker's successor goes on at the last committed one
    void      the batch's rows no longer count

What a row means is not known here: the importer named in settings.IMPORTERS for the system reads and writes
it."""
