"""The sheet of one practitioner, for them and their supervisor; made only where the plan asks for it."""
