"""The only SQL. ``sqlite`` opens the file and runs units of work; the other modules each own some tables.

Their functions take the connection a unit of work hands out, and decide nothing.
"""
