"""What editors do to everybody in a segment: a dry run, then a run that survives its worker."""
