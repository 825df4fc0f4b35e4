"""What became of customers within a time, in figures: from cases and pages to a report. Pure, as all of ``rules/``."""
