"""What every table holds: columns, types, ranges, meanings."""
