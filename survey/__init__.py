"""Survey logic: forms, answers, checks and disclosure control. No database, no screen."""
