"""Would it have been found? This plan's own fit on outcomes that are drawn from a known truth."""
